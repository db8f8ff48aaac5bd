package sqlitestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks a file until it is closed or the process ends, in whatever way.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return lockWith(f, path, windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY)
}

// shareLock keeps others from locking the file, which it opens for reading only. It is nil
// when there is no such file: whoever would make it cannot write either.
func shareLock(path string) (io.Closer, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return lockWith(f, path, windows.LOCKFILE_FAIL_IMMEDIATELY)
}

func lockWith(f *os.File, path string, flags uint32) (io.Closer, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return nil, inUse(path)
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}
