package sqlitestore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Open opens the database and brings its schema up to date. Its errors name the file:
// [ErrInUse], [ErrNewerSchema], or what the system or SQLite says about a folder that
// is missing or cannot be written, or a file that is no database.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: open %s: %w", cfg.Path, err)
	}
	return s, nil
}

// InUse reports whether a process serves the database at path: whether Open without
// [Config].Shared would fail with [ErrInUse].
func InUse(path string) bool {
	lock, err := lockFile(path + ".lock")
	if err == nil {
		_ = lock.Close() // gives the lock up in any case
	}
	return errors.Is(err, ErrInUse)
}

func open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Path == "" {
		return nil, errors.New("no path given")
	}
	if cfg.BusyTimeout < 0 {
		return nil, fmt.Errorf("busy timeout %v is negative", cfg.BusyTimeout)
	}
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{
		busy:    cmp.Or(cfg.BusyTimeout, 5*time.Second),
		closed:  make(chan struct{}),
		reading: make(chan struct{}, readers),
		turn:    make(chan struct{}, 1),
	}
	if cfg.ReadOnly {
		err = s.startReading(ctx, path)
	} else {
		err = s.lockAndStart(ctx, path, cfg.Shared)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// lockAndStart locks the file and keeps the lock. A shared file is locked only while its
// schema is made, which is when nobody else may look at it.
func (s *Store) lockAndStart(ctx context.Context, path string, shared bool) error {
	if shared {
		ready, err := current(ctx, path, s.busy)
		if err != nil {
			return err
		}
		if ready {
			return s.startOrClose(ctx, path)
		}
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return err
	}
	if err := s.startOrClose(ctx, path); err != nil {
		_ = lock.Close()
		return err
	}
	if shared {
		return lock.Close()
	}
	s.lock = lock
	return nil
}

func (s *Store) startOrClose(ctx context.Context, path string) error {
	err := s.start(ctx, path)
	if err != nil && s.writeDB != nil {
		_ = s.writeDB.Close()
	}
	return err
}

func (s *Store) start(ctx context.Context, path string) (err error) {
	if err := create(path); err != nil {
		return err
	}
	s.writeDB, err = sql.Open("sqlite", dataSource(path, s.busy, "rw",
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "trusted_schema(0)"))
	if err != nil {
		return err
	}
	s.writeDB.SetMaxOpenConns(1)
	if err := migrate(ctx, s.writeDB); err != nil {
		return explain(err)
	}
	if s.writer, err = connect(ctx, s.writeDB); err != nil {
		return explain(err)
	}
	return s.openReaders(path, "rw")
}

// startReading opens a file that cannot be written. SQLite wants to write beside a file
// in WAL mode even to read it. Without a log there is nothing to be read there, and while
// the lock is held nobody writes, so that SQLite may take the file for immutable.
func (s *Store) startReading(ctx context.Context, path string) error {
	lock, err := shareLock(path + ".lock")
	if err != nil && !errors.Is(err, ErrInUse) {
		return err
	}
	mode := "immutable"
	if log, statErr := os.Stat(path + "-wal"); err != nil || statErr == nil && log.Size() > 0 {
		mode = "ro"
	}
	s.lock = lock
	err = s.openReaders(path, mode)
	if err == nil {
		var ready bool
		if ready, err = migrated(ctx, s.readDB); err == nil && !ready {
			err = errors.New("its schema is older than this program, which has to be able to write to bring it up to date")
		}
	}
	if err == nil {
		return nil
	}
	if s.readDB != nil {
		_ = s.readDB.Close()
	}
	if lock != nil {
		_ = lock.Close()
	}
	return explain(err)
}

func (s *Store) openReaders(path, mode string) (err error) {
	s.readDB, err = sql.Open("sqlite", dataSource(path, s.busy, mode, "query_only(1)", "trusted_schema(0)", mapFile))
	if err == nil {
		s.readDB.SetMaxOpenConns(readers)
		s.readDB.SetMaxIdleConns(readers)
	}
	return err
}

// create makes the file before SQLite would, which gives it and the files beside it
// the mode that the umask leaves of 0644. One that is there is left alone: closing any
// handle of it would give up the locks that SQLite holds for this process (fcntl(2)).
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("is a directory")}
	}
	return err
}

// dataSource is a file: URI, as in it any path can be written. mode is "rw", "ro" or
// "immutable".
func dataSource(path string, busy time.Duration, mode string, pragmas ...string) string {
	slashed := filepath.ToSlash(path)
	if slashed[0] != '/' { // C:/data
		slashed = "/" + slashed
	}
	query := url.Values{
		"_pragma": append([]string{"busy_timeout(" + strconv.FormatInt(busy.Milliseconds(), 10) + ")"}, pragmas...),
		"_dqs":    {"0"},
	}
	if mode == "immutable" {
		query.Set("immutable", "1")
	} else {
		query.Set("mode", mode)
	}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: query.Encode()}).String()
}

func inUse(lock string) error {
	return fmt.Errorf("%w, which holds %s: stop that process, or choose another data folder", ErrInUse, lock)
}
