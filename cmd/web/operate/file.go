package operate

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// output writes to what the argument names and reports whether that is a file. One that
// only its owner can read takes the place of another of that name, or of the one that a
// link leads to, when it is complete. Pipes and devices are written to.
func (t *task) output(write func(io.Writer) error) (file bool, err error) {
	path := t.args[0]
	if path == "-" {
		return false, write(t.Stdout)
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return false, writeThrough(path, write)
	}
	if path, err = follow(path); err != nil {
		return true, err
	}
	return true, writeWhole(path, write)
}

func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// follow is where links lead, also to a file that is not there yet.
func follow(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	link, err := os.Readlink(path)
	if err != nil {
		return path, nil //nolint:nilerr // no link: a new file, or a folder that is not there
	}
	if !filepath.IsAbs(link) {
		link = filepath.Dir(path) + string(filepath.Separator) + link // unclean: what .. means depends on links
	}
	return follow(link)
}

func writeWhole(path string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	err = write(tmp)
	if err == nil {
		err = tmp.Sync()
		if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
			err = nil // this file system cannot do it, and the file is complete
		}
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}
