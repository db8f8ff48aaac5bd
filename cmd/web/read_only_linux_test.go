package main

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// These tests mount file systems, in a process with mounts of its own.
const (
	asMounter   = "USHER_TEST_MOUNTS" // what the process is for
	mounterData = "USHER_TEST_DATA"
)

// withMounts runs the calling test again in a process that may mount.
func withMounts(t *testing.T, dir string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), asMounter+"=1", mounterData+"="+dir)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	out, err := c.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		t.Skipf("this process may not mount: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func mount(t *testing.T, source, target, kind string, flags uintptr, data string) {
	t.Helper()
	if err := syscall.Mount(source, target, kind, flags, data); err != nil {
		t.Fatalf("mount %s: %v", target, err)
	}
}

// command runs one of the program's commands.
func command(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, log bytes.Buffer
	m := NewMain(&out, &log)
	switch args[0] {
	case "keys":
		err = m.Keys(t.Context(), args[1:], noEnv)
	case "doctor":
		err = m.Doctor(t.Context(), args[1:], noEnv)
	default:
		err = m.Operate(t.Context(), args, noEnv)
	}
	return out.String(), log.String(), err
}

// instanceWithAda makes an instance with one user and returns its folder.
func instanceWithAda(t *testing.T) string {
	t.Helper()
	s := start(t)
	s.browser(t).signUp("ada@example.com", "Ada")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	return s.dir
}

// contents are the files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// reads runs every command that only reads.
func reads(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "export.jsonl")
	for _, tt := range []struct{ args, want string }{
		{"users list", "ada@example.com"}, {"users show ada@example.com", "ada@example.com"}, {"sessions list", "active"}, {"orgs list", ""},
		{"access show", "org:admin"}, {"audit list", "session.created"}, {"export -", "ada@example.com"}, {"export " + file, "records in " + file},
		{"keys", "CLERK_SECRET_KEY=sk_live_"},
	} {
		words := strings.Fields(tt.args)
		at := len(words)
		for i, w := range words {
			if i > 0 && (strings.HasPrefix(w, "/") || w == "-" || strings.Contains(w, "@")) {
				at = i
				break
			}
		}
		args := append(append(append([]string{}, words[:at]...), "-data", dir), words[at:]...)
		out, log, err := command(t, args...)
		if err != nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %v\n%s%s", tt.args, err, out, log)
		}
		if !strings.Contains(log, "level=WARN") {
			t.Errorf("%s says nothing: %s", tt.args, log)
		}
		if exported := words[0] == "export"; strings.Contains(log, "the audit log has no record of it") != exported {
			t.Errorf("%s: %s", tt.args, log)
		}
	}
	if raw, err := os.ReadFile(file); err != nil || !strings.Contains(string(raw), "ada@example.com") {
		t.Errorf("the export: %v, %d octets", err, len(raw))
	}
	if out, _, err := command(t, "doctor", "-data", dir, "-addr", "localhost:0"); err == nil || !strings.Contains(out, "✗ Data folder: cannot be written") || !strings.Contains(out, "✓ Keys") {
		t.Errorf("doctor: %v\n%s", err, out)
	}
	if _, log, err := command(t, "users", "ban", "-data", dir, "ada@example.com"); err == nil || !strings.Contains(log, "open for reading only") {
		t.Errorf("a change on a data folder that cannot be written: %v\n%s", err, log)
	}
}

func TestD4_AReadOnlyMountCanBeRead(t *testing.T) {
	t.Parallel()
	if os.Getenv(asMounter) == "" {
		dir := instanceWithAda(t)
		before := contents(t, dir)
		withMounts(t, dir)
		if !maps.Equal(before, contents(t, dir)) {
			t.Error("the folder was changed")
		}
		return
	}
	dir := os.Getenv(mounterData)
	mount(t, "", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	mount(t, dir, dir, "", syscall.MS_BIND, "")
	mount(t, dir, dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	reads(t, dir)
}

func TestD4_AFullDiskCanBeRead(t *testing.T) {
	t.Parallel()
	if os.Getenv(asMounter) == "" {
		withMounts(t, instanceWithAda(t))
		return
	}
	dir := t.TempDir()
	mount(t, "", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	mount(t, "tmpfs", dir, "tmpfs", 0, "size=8m")
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	for path, raw := range contents(t, os.Getenv(mounterData)) {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = filler.Write(make([]byte, 512))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	_ = filler.Close()
	reads(t, dir)
}

// TestD4_WhileTheServerRuns: its log is beside the file, and its lock is held.
func TestD4_WhileTheServerRuns(t *testing.T) {
	t.Parallel()
	if os.Getenv(asMounter) == "" {
		s := start(t)
		s.browser(t).signUp("ada@example.com", "Ada")
		withMounts(t, s.dir)
		return
	}
	dir := os.Getenv(mounterData)
	mount(t, "", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	mount(t, dir, dir, "", syscall.MS_BIND, "")
	mount(t, dir, dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	for _, args := range [][]string{{"users", "list", "-data", dir}, {"export", "-data", dir, "-"}} {
		if out, log, err := command(t, args...); err != nil || !strings.Contains(out, "ada@example.com") {
			t.Errorf("%q: %v\n%s%s", args, err, out, log)
		}
	}
}
