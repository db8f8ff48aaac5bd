package operate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportAndImport(t *testing.T) {
	t.Parallel()
	from, to := newDesk(t), newDesk(t)
	from.signUp("ada@example.com", "Ada")
	file := filepath.Join(t.TempDir(), "users.jsonl")
	if out := from.ok("export", file); out != "records in "+file+": 1\n" {
		t.Errorf("export prints %q", out)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	if out := to.ok("import", file); out != "user taken: 1\n" {
		t.Errorf("import prints %q", out)
	}
	if out := to.ok("import", file); out != "user were there already: 1\n" {
		t.Errorf("import again prints %q", out)
	}
	if to.signIn("ada@example.com", password) != 200 {
		t.Error("nobody signs in with what was imported")
	}
	from.stdin = from.ok("export", "-", "-keys")
	if !strings.Contains(from.stdin, from.service.SecretKey().Reveal()) || strings.Contains(read(t, file), from.service.SecretKey().Reveal()) {
		t.Error("the secret key is where it was not asked for, or not where it was")
	}
	to.stdin = from.stdin
	if to.ok("import", "-", "-keys"); !to.alone {
		t.Error("a server may run while the instance becomes another one")
	}
	if to.ok("import", file); to.alone {
		t.Error("a server must stop for an ordinary import")
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestImportReportsWhatItDidNotTake(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stdin = "id,first_name,primary_email_address,primary_phone_number,password_digest,password_hasher\n" +
		"user_1,Ada,ada@example.com,+1555,,\nuser_2,Grace,ada@example.com,,,\nuser_3\x1b[31m,x,y@example.com,,,\nuser_4,z,z@example.com,,abc,rot13\n"
	r := d.fails("records that were refused: 2", "import", "-")
	for _, want := range []string{"user taken: 2\n", "user refused: 2\n", "phone numbers left out: 1\n", "passwords left out: 1\n"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	for _, want := range []string{"line 3: user_2: its address", "line 4: user_3\ufffd[31m: the id", "line 5: user_4: its password was left out"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("no %q in\n%q", want, r.err)
		}
	}
	d.stdin = ""
	d.fails("the input is empty", "import", "-")
	d.fails("no such file", "import", "/nowhere/users.csv")
	d.fails("no such file", "export", "/nowhere/users.jsonl")
	d.stdin = `{"usher_export":1}` + "\n"
	if out := d.ok("import", "-"); out != "there was nothing to import\n" {
		t.Errorf("prints %q", out)
	}
}

// An export that fails leaves the earlier file as it was, and nothing beside it.
func TestExportThatFailsLeavesTheEarlierOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "users.jsonl")
	if err := os.WriteFile(file, []byte("earlier"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	d.fails("closed", "export", file)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || read(t, file) != "earlier" {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}
