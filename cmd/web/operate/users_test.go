package operate_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestUsersAreListedAndShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if out := d.ok("users", "list"); out != "" {
		t.Errorf("nobody is %q", out)
	}
	d.signUp("ada@example.com", "Ada")
	d.clock.add(time.Hour)
	d.signUp("grace@example.com", "Grace")
	got := lines(d.ok("users", "list"))
	if len(got) != 3 || got[0] != "ID ADDRESS NAME STATE CREATED LAST SIGN-IN" ||
		!strings.HasSuffix(got[1], "grace@example.com Grace active 2026-11-23 13:00:00 2026-11-23 13:00:00") ||
		!strings.HasSuffix(got[2], "ada@example.com Ada active 2026-11-23 12:00:00 2026-11-23 12:00:00") {
		t.Errorf("list:\n%s", strings.Join(got, "\n"))
	}
	if got := lines(d.ok("users", "list", "-query", "ADA", "-order", "+created_at")); len(got) != 2 || !strings.Contains(got[1], "ada@") {
		t.Errorf("list of ada: %q", got)
	}
	d.fails("order_by", "users", "list", "-order", "+shoe_size")
	shown := d.ok("users", "show", "ada@example.com")
	for _, want := range []string{
		`ID +user_`, `Name +Ada`, `Addresses +ada@example.com, .*primary`, `State +active`, `Password +set`, `Organizations +-`, `Active sessions +1`,
	} {
		if !regexp.MustCompile(want).MatchString(shown) {
			t.Errorf("no %s in\n%s", want, shown)
		}
	}
	d.fails(`there is no user "nobody@example.com": web users list -query`, "users", "show", "nobody@example.com")
	d.fails(`there is no user "user_nobody"`, "users", "show", "user_nobody")
	d.fails(`there is no user "user_/../../jwks"`, "users", "show", "user_/../../jwks")
}

func TestJSONLinesAreTheAPIsObjects(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	d.signUp("grace@example.com", "Grace")
	out := d.ok("users", "list", "-json")
	count := 0
	for line := range strings.Lines(out) {
		var u wire.User
		if err := json.Unmarshal([]byte(line), &u); err != nil || u.Object != "user" {
			t.Errorf("line %q: %v", line, err)
		}
		count++
	}
	if count != 2 || strings.Contains(out, "ADDRESS") {
		t.Errorf("output\n%s", out)
	}
}

// X: names are what strangers typed. On a terminal they must not be able to move the
// cursor, colour lines, or look like other lines.
func TestNamesDoNotSpeakToTheTerminal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	hostile := "Ada\u009b31m\x1b]0;owned\x07\u202e\u2066 gfed"
	// The service takes no such name; another one may have.
	err := d.store.Update(t.Context(), func(tx identity.Tx) error {
		return tx.PutUser(identity.User{ID: "user_1", FirstName: hostile, CreatedAt: d.clock.now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"users", "list"}, {"users", "show", "user_1"}, {"users", "list", "-json"}} {
		out := d.ok(args...)
		for _, bad := range []string{"\u009b", "\x1b", "\x7f"} {
			if strings.Contains(out, bad) {
				t.Errorf("web %v prints %q", args, out)
			}
		}
		if args[len(args)-1] != "-json" && strings.ContainsAny(out, "\u202e\u2066") {
			t.Errorf("web %v prints %q", args, out)
		}
	}
	var u wire.User
	if err := json.Unmarshal([]byte(d.ok("users", "list", "-json")), &u); err != nil || string(u.FirstName) != hostile {
		t.Errorf("JSON changed the name to %q (%v)", u.FirstName, err)
	}
	d.fails("no user \"user_\ufffd[31m\"", "users", "show", "user_\x1b[31m")
}

func TestUsersAreCreated(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := d.ok("users", "create", "-email", "ada@example.com", "-email", "ada@work.example", "-first-name", "Ada", "-username", "ada")
	made := regexp.MustCompile(`^(user_\w+) created\nPassword, shown this once: ([A-Z2-7]{26})\n$`).FindStringSubmatch(out)
	if made == nil {
		t.Fatalf("create prints %q", out)
	}
	if status := d.signIn("ada@example.com", made[2]); status != 200 {
		t.Errorf("sign-in with the password that was shown: %d", status)
	}
	for _, who := range []string{made[1], "ada@work.example", "ada"} {
		if out := d.ok("users", "show", who); !strings.Contains(out, made[1]) {
			t.Errorf("show %s:\n%s", who, out)
		}
	}
	d.stdin = password + " \r\nsecond line"
	d.ok("users", "create", "-email", "grace@example.com", "-password-stdin")
	if d.signIn("grace@example.com", password+" ") != 200 || d.signIn("grace@example.com", password) == 200 {
		t.Error("the password is not the line")
	}
	if out := d.ok("users", "create", "-email", "alan@example.com", "-no-password"); strings.Contains(out, "Password") {
		t.Errorf("create -no-password prints %q", out)
	}
	if out := d.ok("users", "show", "alan@example.com"); !regexp.MustCompile(`Password +none`).MatchString(out) {
		t.Errorf("show:\n%s", out)
	}
}

func TestUsersThatCannotBeCreated(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ok("users", "create", "-email", "ada@example.com")
	d.fails("taken", "users", "create", "-email", "ADA@example.com")
	d.fails("email_address", "users", "create", "-email", "not an address")
	d.fails("email_address", "users", "create", "-first-name", "Nobody")
	d.fails("standard input is empty", "users", "create", "-email", "x@example.com", "-password-stdin")
	d.stdin = "12345678\n"
	d.fails("common", "users", "create", "-email", "x@example.com", "-password-stdin")
	d.stdin = strings.Repeat("x", 9000)
	d.fails("password", "users", "create", "-email", "x@example.com", "-password-stdin")
	if out := d.ok("users", "list", "-json"); strings.Count(out, "\n") != 1 {
		t.Errorf("users:\n%s", out)
	}
}

func TestGeneratedPasswordInJSON(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	out := strings.Split(d.ok("users", "create", "-email", "ada@example.com", "-json"), "\n")
	var u wire.User
	var made struct{ Object, Password string }
	if err := json.Unmarshal([]byte(out[0]), &u); err != nil || u.Object != "user" {
		t.Errorf("first line %q: %v", out[0], err)
	}
	if err := json.Unmarshal([]byte(out[1]), &made); err != nil || made.Object != "generated_password" || d.signIn("ada@example.com", made.Password) != 200 {
		t.Errorf("second line %q: %v", out[1], err)
	}
}

func TestUsersAreBannedAndLocked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cookies := d.signUp("ada@example.com", "Ada")
	if out := d.ok("users", "ban", "ada@example.com"); !strings.HasSuffix(out, " banned\n") {
		t.Errorf("ban prints %q", out)
	}
	if status := d.frontend("/v1/client/sessions/x/touch", cookies, nil).StatusCode; status == 200 {
		t.Error("a banned user's browser goes on")
	}
	if d.signIn("ada@example.com", password) == 200 {
		t.Error("a banned user signs in")
	}
	if got := lines(d.ok("users", "list", "-banned")); len(got) != 2 || !strings.Contains(got[1], "banned") {
		t.Errorf("banned: %q", got)
	}
	d.ok("users", "unban", "ada@example.com")
	d.ok("users", "lock", "ada@example.com")
	if d.signIn("ada@example.com", password) == 200 || !strings.Contains(d.ok("users", "list"), "locked") {
		t.Error("a locked user signs in")
	}
	d.ok("users", "unlock", "ada@example.com")
	if status := d.signIn("ada@example.com", password); status != 200 {
		t.Errorf("sign-in of an unlocked user: %d", status)
	}
}

func TestSeveralUsersAtOnceAndOneIsNotThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	d.signUp("grace@example.com", "Grace")
	r := d.fails(`nobody: there is no user "nobody"`, "users", "lock", "ada@example.com", "nobody", "grace@example.com")
	if strings.Count(r.out, "locked") != 2 {
		t.Errorf("prints %q", r.out)
	}
}

func TestUsersAreDeletedOnlyWhenMeant(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	d.fails("add -yes", "users", "delete", "ada@example.com")
	if out := d.ok("users", "list"); !strings.Contains(out, "ada@") {
		t.Error("the user is gone")
	}
	if out := d.ok("users", "delete", "ada@example.com", "-yes"); !strings.HasSuffix(out, " deleted\n") {
		t.Errorf("prints %q", out)
	}
	d.fails("there is no user", "users", "show", "ada@example.com")
}
