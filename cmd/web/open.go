package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/wire"
)

const (
	databaseFile = "usher.db"
	keysFile     = "keys.env"
)

// embedded is the identity service in this process, with its store.
type embedded struct {
	service *identity.Service
	store   *sqlitestore.Store
}

// openEmbedded opens the instance in the data folder, or makes a new one. cfg needs no
// store.
func openEmbedded(ctx context.Context, dataDir string, cfg identity.Config) (*embedded, error) {
	return openStored(ctx, sqlitestore.Config{Path: filepath.Join(dataDir, databaseFile)}, cfg)
}

// openShared is openEmbedded beside a server that has the data folder.
func openShared(ctx context.Context, dataDir string, cfg identity.Config) (*embedded, error) {
	return openStored(ctx, sqlitestore.Config{Path: filepath.Join(dataDir, databaseFile), Shared: true}, cfg)
}

func openStored(ctx context.Context, at sqlitestore.Config, cfg identity.Config) (*embedded, error) {
	dataDir := filepath.Dir(at.Path)
	if err := makeDataDir(dataDir); err != nil {
		return nil, err
	}
	store, err := sqlitestore.Open(ctx, at)
	if errors.Is(err, sqlitestore.ErrInUse) {
		return nil, fmt.Errorf("the data folder %s is in use: stop the other process that serves it, or give this one a folder of its own with -data: %w", dataDir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the data folder %s: %w", dataDir, err)
	}
	cfg.Store, cfg.ApplicationName = store, "Usher"
	cfg.HashConcurrency = 1 // 19 MiB each; one already keeps a core busy
	cfg.CollectAfterHash = true
	service, err := identity.New(ctx, cfg)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the instance in %s: %w", dataDir, err), store.Close())
	}
	return &embedded{service, store}, nil
}

// makeDataDir makes the folder for its owner alone: keys and password hashes are in it.
// One that somebody uses for other things too keeps its mode; the files in it are private
// by themselves.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) == 0 {
		err = os.Chmod(dir, 0o700) //nolint:gosec // a folder needs x
	}
	if err != nil {
		return fmt.Errorf("close the data folder to others: %w", err)
	}
	return nil
}

// close ends the service and then its store.
func (e *embedded) close() error { return errors.Join(e.service.Close(), e.store.Close()) }

// instance describes the service to the app: the same words as for a hosted one.
func (e *embedded) instance(origin string) instance {
	return instance{
		auth: authctx.Config{
			PublishableKey: e.service.PublishableKey().String(), SecretKey: e.service.SecretKey().Reveal(),
			APIURL: identity.BackendURL, ProxyURL: wire.ProxyPath,
			PublicOrigin: origin, AuthorizedParties: []string{origin},
		},
		carrier: e.service.Transport(),
		ping:    e.store.Ping,
		proxied: true,
	}
}

// hostedInstance describes a hosted instance. Whether it answers is not ours to probe.
func hostedInstance(c *config, origin string) instance {
	return instance{
		auth:    c.authConfig(origin),
		ping:    func(context.Context) error { return nil },
		proxied: c.proxied(origin),
		portal:  accountPortal(c.publishable.Host()),
	}
}

func frontendHost(cfg authctx.Config) string {
	key, _ := wire.ParsePublishableKey(cfg.PublishableKey) // was checked
	return key.Host()
}
