package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherauth/usher/identity/store"
)

// Errors of [Open], to be tested for with errors.Is.
var (
	// ErrInUse means that another process, or another Store of this one, has the
	// database open.
	ErrInUse = errors.New("database is in use by another process")
	// ErrNewerSchema means that a later version of this package has written the
	// database, in a form that this one does not know.
	ErrNewerSchema = errors.New("database was written by a newer version")
)

var (
	errClosed   = errors.New("sqlitestore: store is closed")
	errReadOnly = errors.New("sqlitestore: write in View")
	errOnlyRead = errors.New("sqlitestore: the database is open for reading only, because it could not be opened for writing")
	errLost     = errors.New("sqlitestore: the database file cannot be read any more; has its disk failed, or another program replaced it? Start again once it is in order")
)

// readers is how many Views run at the same time. Each has a connection, which is opened
// when the others are in use, and a cache of up to 2 MB for pages that it cannot map.
const readers = 4

// Config says where the database is.
type Config struct {
	// Path is the database file. It is created when it does not exist, its folder
	// is not.
	Path string

	// BusyTimeout is how long an Update waits for its turn, be it for other Updates
	// or for another program that writes to the file, before it returns
	// [store.ErrBusy]. 0 is 5 s; less is an error.
	BusyTimeout time.Duration

	// Shared opens a file that another process may have open, and keeps nobody else
	// from opening it: for an operator's short commands beside a running server, which
	// sees each of their transactions as a whole. Both have to be the same version of
	// the program: a file with an earlier schema is [ErrInUse] while it is open
	// elsewhere.
	Shared bool

	// ReadOnly opens a file that cannot be written, such as one on a read-only mount, a
	// full disk or of another user. Nothing is created beside it, and each Update fails.
	// The file has to have the current schema. After a crash the write-ahead log is read,
	// too, for which its -shm file has to be there. Shared has no effect with ReadOnly.
	ReadOnly bool
}

// Store is an [store.Store] in a SQLite file. It comes from [Open] and is safe for
// concurrent use.
type Store struct {
	busy   time.Duration
	lock   io.Closer // nil when shared
	closed chan struct{}
	ended  atomic.Bool // by the first Close
	lost   atomic.Bool // a mapped page could not be read: nothing is served any more

	readDB  *sql.DB
	reading chan struct{} // as many as there are Views
	mu      sync.Mutex
	idle    []*conn // readers that nobody uses, the last used one last

	writeDB *sql.DB       // nil when the file is open for reading only
	turn    chan struct{} // held by who uses what follows
	writer  *conn
	batch   *batch // the open transaction, nil when there is none
}

var _ store.Store = (*Store)(nil)

// View runs fn with a snapshot that is taken at its first read. Up to four Views run
// at the same time, others wait for one to end or for ctx. Reading one record does not
// stop for ctx, lists do. See [store.Store].
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	c, err := s.borrow(ctx)
	if err != nil {
		return err
	}
	defer func() { s.giveBack(c) }()
	if c == nil {
		if c, err = connect(ctx, s.readDB); err != nil {
			return fmt.Errorf("sqlitestore: open a reader: %w", explain(err))
		}
	}
	if err := c.begin(ctx); err != nil {
		_ = c.close() // whatever it is, a new connection does not have it
		c = nil
		return err
	}
	return c.view(ctx, fn)
}

// borrow takes the reader that was used last, whose cache is the warmest. It is nil when
// one is to be opened.
func (s *Store) borrow(ctx context.Context) (*conn, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	select {
	case s.reading <- struct{}{}:
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.idle) == 0 {
			return nil, nil
		}
		c := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		return c, nil
	case <-s.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, fmt.Errorf("sqlitestore: wait for a reader: %w", ctx.Err())
	}
}

// giveBack ends a loan of borrow; nil is a reader that is of no use any more.
func (s *Store) giveBack(c *conn) {
	if c != nil && c.lost != nil {
		s.lost.Store(true)
		c = nil
	}
	if c != nil {
		s.mu.Lock()
		s.idle = append(s.idle, c)
		s.mu.Unlock()
	}
	<-s.reading
}

func (s *Store) usable(ctx context.Context) error {
	if s.ended.Load() {
		return errClosed
	}
	if s.lost.Load() {
		return errLost
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sqlitestore: begin: %w", err)
	}
	return nil
}

// Ping reads from the database file.
func (s *Store) Ping(ctx context.Context) error {
	return s.View(ctx, func(t store.Tx) error {
		var n int
		return t.(*tx).row("SELECT COUNT(*) FROM sqlite_schema", nil, &n)
	})
}

// Close waits for running transactions, moves the write-ahead log into the database
// file and lets go of the lock.
func (s *Store) Close() error {
	if s.ended.Swap(true) {
		return errClosed
	}
	close(s.closed)
	s.turn <- struct{}{} // kept; also without a writer, to which nobody gets
	if s.batch != nil {
		s.end(context.Background(), s.batch) // its members wait for that
	}
	var errs []error
	for range readers {
		s.reading <- struct{}{} // kept
	}
	for _, c := range s.idle {
		errs = append(errs, c.close())
	}
	// The writer goes last, as the last connection removes the log.
	errs = append(errs, s.readDB.Close())
	if s.writeDB != nil {
		errs = append(errs, s.writer.close(), s.writeDB.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sqlitestore: close: %w", err)
	}
	return nil
}
