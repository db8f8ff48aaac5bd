package operate_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportWritesToWhatIsNoFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "out")
	if err := os.Symlink(fmt.Sprintf("/dev/fd/%d", write.Fd()), link); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(link); err != nil {
		t.Skipf("open files have no names here: %v", err)
	}
	got := make(chan string)
	go func() {
		raw, _ := io.ReadAll(read)
		got <- string(raw)
	}()
	if said := d.ok("export", link); said != "" {
		t.Errorf("among the records is %q", said)
	}
	d.ok("access", "export", link)
	_ = write.Close()
	if out := <-got; !strings.Contains(out, "ada@example.com") || !strings.Contains(out, "org:admin") {
		t.Errorf("the pipe got %q", out)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link: %v, %v", info, err)
	}
	d.fails("directory", "export", filepath.Dir(link))
}

func TestExportFollowsLinks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "there"), []byte("earlier"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"a": "there", "b": filepath.Join(dir, "new"), "below/c": "../c2", "c2": "c3", "loop": "loop",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for link, file := range map[string]string{"a": "there", "b": "new", "below/c": "c3"} {
		d.ok("export", filepath.Join(dir, link))
		if !strings.Contains(read(t, filepath.Join(dir, file)), "ada@example.com") {
			t.Errorf("%s: nothing is in %s", link, file)
		}
		if info, err := os.Lstat(filepath.Join(dir, link)); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v, %v", link, info, err)
		}
		if info, err := os.Lstat(filepath.Join(dir, file)); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	d.fails("too many links", "export", filepath.Join(dir, "loop"))
}
