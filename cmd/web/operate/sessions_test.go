package operate_test

import (
	"strings"
	"testing"
	"time"
)

func TestSessionsAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	d.clock.add(time.Minute)
	for range 2 {
		d.signIn("ada@example.com", password)
	}
	d.signUp("grace@example.com", "Grace")
	all := lines(d.ok("sessions", "list"))
	if len(all) != 5 || all[0] != "ID USER STATUS FROM CREATED LAST ACTIVE" {
		t.Fatalf("sessions:\n%s", strings.Join(all, "\n"))
	}
	adas := lines(d.ok("sessions", "list", "-user", "ada@example.com"))
	if len(adas) != 4 || !strings.Contains(adas[3], "active 192.0.2.1 2026-11-23 12:00:00") {
		t.Errorf("sessions of ada:\n%s", strings.Join(adas, "\n"))
	}
	id := strings.Fields(adas[3])[0]
	if out := d.ok("sessions", "revoke", id); out != id+" revoked\n" {
		t.Errorf("revoke prints %q", out)
	}
	if out := d.ok("sessions", "revoke", "-user", "ada@example.com"); strings.Count(out, "revoked\n") != 2 {
		t.Errorf("revoke -user prints %q", out)
	}
	if out := d.ok("sessions", "revoke", "-user", "ada@example.com"); out != "ada@example.com has no active session\n" {
		t.Errorf("again: %q", out)
	}
	if left := lines(d.ok("sessions", "list")); len(left) != 2 {
		t.Errorf("left: %q", left)
	}
	if ended := lines(d.ok("sessions", "list", "-status", "revoked")); len(ended) != 4 {
		t.Errorf("revoked: %q", ended)
	}
	d.fails(`no session "sess_nobody"`, "sessions", "revoke", "sess_nobody")
	d.fails("no user", "sessions", "revoke", "-user", "nobody@example.com")
	d.fails("status", "sessions", "list", "-status", "asleep")
}

func TestSessionsOfLongLists(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	for range 11 {
		d.signIn("ada@example.com", password)
	}
	r := d.run("sessions", "list", "-limit", "5")
	if strings.Count(r.out, "\n") != 6 || !strings.Contains(r.err, "more than 5: -limit 0 lists all") {
		t.Errorf("prints\n%s%s", r.out, r.err)
	}
	if r := d.run("sessions", "list", "-limit", "12"); strings.Count(r.out, "\n") != 13 || r.err != "" {
		t.Errorf("prints\n%s%s", r.out, r.err)
	}
	if out := d.ok("sessions", "revoke", "-user", "ada@example.com"); strings.Count(out, "\n") != 12 {
		t.Errorf("revoked\n%s", out)
	}
}
