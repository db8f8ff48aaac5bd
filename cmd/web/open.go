package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
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

// openForReading is openShared for an instance that has to be there. One that cannot be
// written, as on a read-only mount, a full disk or in a folder of another user, is opened
// for reading alone.
func openForReading(ctx context.Context, dataDir string, cfg identity.Config) (*embedded, error) {
	e, err := openShared(ctx, dataDir, cfg)
	return orReadOnly(ctx, e, err, dataDir, cfg)
}

func orReadOnly(ctx context.Context, e *embedded, err error, dataDir string, cfg identity.Config) (*embedded, error) {
	path := filepath.Join(dataDir, databaseFile)
	if err == nil || errors.Is(err, sqlitestore.ErrInUse) || errors.Is(err, sqlitestore.ErrNewerSchema) {
		return e, err
	}
	if _, statErr := os.Stat(path); statErr != nil {
		return nil, err
	}
	e, readErr := openStored(ctx, sqlitestore.Config{Path: path, ReadOnly: true}, cfg)
	if readErr != nil {
		return nil, errors.Join(err, readErr)
	}
	if cfg.Logger != nil {
		cfg.Logger.WarnContext(ctx, "the data folder cannot be written: the instance is open for reading only", "folder", dataDir, "err", err)
	}
	return e, nil
}

func openStored(ctx context.Context, at sqlitestore.Config, cfg identity.Config) (*embedded, error) {
	dataDir := filepath.Dir(at.Path)
	if err := makeDataDir(ctx, dataDir, os.Chmod, cfg.Logger); err != nil {
		return nil, err
	}
	_, statErr := os.Stat(at.Path)
	store, err := sqlitestore.Open(ctx, at)
	if errors.Is(err, sqlitestore.ErrInUse) {
		return nil, fmt.Errorf("the data folder %s is in use: stop the other process that serves it, or give this one a folder of its own with -data: %w", dataDir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the data folder %s: %w", dataDir, err)
	}
	cfg.Store, cfg.ApplicationName = store, "Usher"
	cfg.CollectAfterHash = true
	service, err := identity.New(ctx, cfg)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the instance in %s: %w", dataDir, err), store.Close())
	}
	if errors.Is(statErr, fs.ErrNotExist) && cfg.Logger != nil {
		if folder, err := filepath.Abs(dataDir); err == nil {
			dataDir = folder
		}
		cfg.Logger.InfoContext(ctx, "made a new instance: the data folder had none", "folder", dataDir)
	}
	return &embedded{service, store}, nil
}

// makeDataDir makes the folder for its owner alone: keys and password hashes are in it.
// One that somebody uses for other things too keeps its mode; the files in it are private
// by themselves. So is one that belongs to another user, as a volume does that Kubernetes
// opens to a group (fsGroup): then others may see the names of the files, which is logged.
func makeDataDir(ctx context.Context, dir string, chmod func(string, fs.FileMode) error, log *slog.Logger) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return nil // opening the database says what is wrong, if anything
	}
	err := chmod(dir, 0o700)
	info, statErr := os.Stat(dir)
	if err == nil || log == nil || statErr != nil {
		return nil
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		log.WarnContext(ctx, "the data folder belongs to another user and is open to others: the files in it are private by themselves, but let its owner take the folder's permissions away from everybody else",
			"folder", dir, "mode", fmt.Sprintf("%04o", mode), "err", err)
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
