package operate_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestKeysAreRotatedAndRetired(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.service.JWTKeyPEM()
	d.clock.add(time.Second)
	r := d.run("keys", "rotate")
	if !regexp.MustCompile(`^ins_\w+ is published, and signs in 20 seconds\n$`).MatchString(r.out) || !strings.Contains(r.err, "CLERK_JWT_KEY") {
		t.Errorf("rotate prints %q, %q", r.out, r.err)
	}
	if out := d.ok("keys", "retire"); !strings.Contains(out, "no key was retired") {
		t.Errorf("retire prints %q", out)
	}
	d.clock.add(8 * time.Minute)
	if out := d.ok("keys", "retire"); !regexp.MustCompile(`^ins_\w+ is retired\n$`).MatchString(out) {
		t.Errorf("retire prints %q", out)
	}
	if d.service.JWTKeyPEM() == first {
		t.Error("the first key signs on")
	}
	d.clock.add(time.Second)
	if out := d.ok("keys", "rotate-cookies"); out != "browser cookies are sealed with a new key\n" {
		t.Errorf("rotate-cookies prints %q", out)
	}
	got := lines(d.ok("audit", "list"))
	for i, want := range []string{"TIME", "cookie_key.created", "signing_key.retired", "signing_key.created"} {
		if i >= len(got) || !strings.Contains(got[i], want) {
			t.Errorf("line %d of the log is no %s:\n%s", i, want, strings.Join(got, "\n"))
		}
	}
}

func TestAuditLogIsFiltered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	d.clock.add(48 * time.Hour)
	d.signIn("ada@example.com", "wrong password")
	d.signIn("ada@example.com", password)
	for line, want := range map[string]int{
		"":                       5,
		"-user ada@example.com":  5,
		"-type password.refused": 2,
		"-type password.refused -type session.created": 4,
		"-since 24h":        3,
		"-until 24h":        3,
		"-since 2026-11-25": 3,
		"-until 2026-11-23T12:00:01Z -type session.created": 2,
		"-org org_none":              0,
		"-user user_who_was_deleted": 0,
	} {
		args := append([]string{"audit", "list"}, strings.Fields(line)...)
		if got := lines(d.ok(args...)); len(got) != want {
			t.Errorf("web audit list %s:\n%s\nwant %d lines", line, strings.Join(got, "\n"), want)
		}
	}
	if out := d.ok("audit", "list", "-limit", "1", "-json"); strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, `{"object":"audit_event"`) {
		t.Errorf("prints %q", out)
	}
	d.fails("there is no user", "audit", "list", "-user", "nobody@example.com")
}
