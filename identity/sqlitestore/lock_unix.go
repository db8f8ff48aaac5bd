//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlitestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// lockFile locks a file until it is closed or the process ends, in whatever way. The
// file stays: removing it would let two processes lock two files of the same name.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	return flock(f, syscall.LOCK_EX)
}

// shareLock keeps others from locking the file, which it opens for reading only. It is nil
// when there is no such file: whoever would make it cannot write either.
func shareLock(path string) (io.Closer, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return flock(f, syscall.LOCK_SH)
}

// flock locks f without waiting, or closes it.
func flock(f *os.File, how int) (io.Closer, error) {
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if err == nil {
		return lockedFile{f}, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, inUse(f.Name())
	}
	return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
}

// lockedFile gives its lock up by name: closing alone would leave it with a child process
// that was forked a moment ago and still has all files of its parent.
type lockedFile struct{ *os.File }

func (f lockedFile) Close() error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.File.Close())
}
