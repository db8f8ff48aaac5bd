package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/usherauth/usher/cmd/web/operate"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
)

const hostedBackend = "https://api.clerk.com"

// Operate runs one of the operator's commands, such as users list.
func (m *Main) Operate(ctx context.Context, args []string, getenv func(string) string) error {
	return operate.Run(ctx, operate.Env{
		Stdin: m.stdin, Stdout: m.stdout, Stderr: m.stderr, Now: m.Now,
		DataDir: cmp.Or((&environment{get: getenv}).value("DATA_DIR"), "./data"), // a mistake in it is reported by Open
		Open: func(ctx context.Context, dataDir string, alone bool) (*operate.Instance, error) {
			c, err := parseConfig(program, []string{"-data", dataDir}, getenv, io.Discard)
			if err != nil {
				return nil, err
			}
			if c.hosted() {
				return &operate.Instance{
					BackendURL: cmp.Or(c.apiURL, hostedBackend), SecretKey: c.secretKey, Transport: m.network,
					Close: func() error { return nil },
				}, nil
			}
			return m.openForOperator(ctx, c, alone)
		},
	}, args)
}

// openForOperator opens the embedded instance, which has to be there: a folder that was
// misspelled must not become another one.
func (m *Main) openForOperator(ctx context.Context, c *config, alone bool) (*operate.Instance, error) {
	if _, err := os.Stat(filepath.Join(c.dataDir, databaseFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no instance in %s: name its folder with -data, or make one there with web keys", c.dataDir)
	}
	cfg := identity.Config{
		PublicOrigin:  cmp.Or(c.origin, someOrigin),
		PurgeInterval: -1, // the server's business
		Logger:        slog.New(slog.NewTextHandler(m.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Now:           m.Now,
	}
	open, served := openForReading, sqlitestore.InUse(filepath.Join(c.dataDir, databaseFile))
	if alone {
		open = openEmbedded
	}
	e, err := open(ctx, c.dataDir, cfg)
	if err != nil {
		return nil, err
	}
	return &operate.Instance{
		BackendURL: identity.BackendURL, SecretKey: e.service.SecretKey().Reveal(), Transport: e.service.Transport(),
		Service: e.service, Served: served, Close: e.close,
	}, nil
}
