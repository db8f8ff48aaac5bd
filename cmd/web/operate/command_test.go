package operate_test

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/usherauth/usher/cmd/web/operate"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"": false, "users": true, "users list": true, "sessions": true, "orgs": true, "audit": true, "export": true, "import x": true, "access show": true, "plans": true,
		"keys": false, "keys -data x": false, "keys rotate": true, "keys nonsense": true, "-addr x": false, "doctor": false, "serve": false,
	} {
		if got := operate.Is(strings.Fields(line)); got != want {
			t.Errorf("Is(%q) = %v, want %v", line, got, want)
		}
	}
}

func TestUnknownCommandsAreToldWhichThereAre(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "-addr x", "-h"} {
		if err := operate.Unknown(strings.Fields(line), "keys"); err != nil {
			t.Errorf("web %s: %v", line, err)
		}
	}
	err := operate.Unknown([]string{"user", "list"}, "keys", "doctor")
	const want = `there is no command "user": it is one of access, audit, doctor, export, import, keys, orgs, plans, sessions, users (web -h says what they do)`
	if wrong := new(operate.UsageError); !errors.As(err, &wrong) || err.Error() != want {
		t.Errorf("web user list: %v, want %s", err, want)
	}
}

func TestAUserWithoutAddressIsToldTheFlag(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fails("-email ADDRESS", "users", "create")
	d.signUp("ada@example.com", "Ada")
	if r := d.fails("", "users", "create", "-email", "ada@example.com"); r.failure != nil && strings.Contains(r.failure.Error(), "-email") {
		t.Errorf("an address that is taken: %v", r.failure)
	}
}

func TestAnUnknownTypeOfEventIsToldWhichThereAre(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	r := d.run("audit", "list", "-type", "nosuch")
	if r.failure != nil || r.out != "" || !strings.Contains(r.err, "There is no such event. ") || !strings.Contains(r.err, "session.created, ") || !strings.Contains(r.err, "user.created") {
		t.Errorf("web audit list -type nosuch: %v, prints\n%s%s", r.failure, r.out, r.err)
	}
	if r := d.run("audit", "list", "-type", "nosuch", "-json"); r.failure != nil || r.out+r.err != "" {
		t.Errorf("with -json it prints\n%s%s", r.out, r.err)
	}
	if r := d.run("audit", "list", "-type", "user.created"); r.err != "" || !strings.Contains(r.out, "user.created") {
		t.Errorf("a type that is there: prints\n%s%s", r.out, r.err)
	}
}

func TestWrongCommandLinesSayWhatIsRight(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for line, want := range map[string]string{
		"users":                       "one of list, show, create, ban",
		"users frobnicate":            "one of list, show, create, ban",
		"users ban":                   "USER... is missing (web users ban -h says more)",
		"users show":                  "USER is missing",
		"users show a b":              `unexpected argument "b"`,
		"users list x":                `unexpected argument "x"`,
		"users list -limit many":      "invalid value",
		"users list -nonsense":        "not defined: -nonsense",
		"sessions revoke":             "name sessions, or a user with -user",
		"sessions revoke x -user y":   "name sessions, or a user with -user",
		"orgs create":                 "-name is missing",
		"audit list -since yesterday": "2026-11-23",
		"access":                      "one of show, export, import",
		"access import":               "FILE is missing",
		"access show x":               `unexpected argument "x"`,
		"plans assign":                "PLAN is missing",
		"plans withdraw pro":          `unexpected argument "pro"`,
		"export":                      "FILE is missing",
		"import":                      "FILE is missing",
		"keys rotate now":             `unexpected argument "now"`,
		"keys nonsense":               "one of rotate, rotate-cookies, retire",
		"users create -password-stdin -no-password": "exclude each other",
	} {
		r := d.fails(want, strings.Fields(line)...)
		if wrong := new(operate.UsageError); !errors.As(r.failure, &wrong) {
			t.Errorf("web %s: a %T, want a usage error", line, r.failure)
		}
	}
}

func TestHelpSaysWhatACommandDoes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for line, want := range map[string]string{
		"users -h":         "web users ban USER...",
		"users ban -h":     "usage: web users ban [flags] USER...",
		"import -h":        "usage: web import [flags] FILE",
		"keys rotate -h":   "publish",
		"audit list -help": "-since",
		"access import -h": "org:admin and org:member",
	} {
		r := d.run(strings.Fields(line)...)
		if !errors.Is(r.failure, flag.ErrHelp) || !strings.Contains(strings.ToLower(r.err), strings.ToLower(want)) || r.out != "" {
			t.Errorf("web %s: %v, prints\n%s%s\nwant %q", line, r.failure, r.out, r.err, want)
		}
	}
	var all strings.Builder
	operate.List(&all, [2]string{"doctor", "look"})
	for _, want := range []string{"web doctor", "web users list", "web keys retire", "web audit list", "web export FILE", "web import FILE", "web access show", "web plans assign PLAN"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("the list lacks %q:\n%s", want, all.String())
		}
	}
}

func TestFlagsStandAnywhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.signUp("ada@example.com", "Ada")
	for _, line := range []string{
		"users show ada@example.com -data elsewhere -json", "users show -json ada@example.com --data=elsewhere",
		"users show -data elsewhere -json -- ada@example.com",
	} {
		if out := d.ok(strings.Fields(line)...); !strings.HasPrefix(out, `{"object":"user"`) {
			t.Errorf("web %s prints %s", line, out)
		}
	}
	d.fails(`there is no user "-json"`, "users", "show", "--", "-json")
}

func TestAHostedInstanceKeepsItsKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	hosted := &operate.Instance{
		BackendURL: "https://api.usher.localhost", SecretKey: d.service.SecretKey().Reveal(), Transport: d.service.Transport(),
		Close: func() error { return nil },
	}
	for _, line := range []string{"keys rotate", "keys rotate-cookies", "keys retire", "export -", "import -", "access show", "access export -", "access import -", "plans assign pro -org x", "plans withdraw -org x"} {
		r := d.runOn(hosted, strings.Fields(line)...)
		if r.failure == nil || !strings.Contains(r.failure.Error(), "hosted instance") {
			t.Errorf("web %s: %v", line, r.failure)
		}
	}
	d.signUp("ada@example.com", "Ada")
	if r := d.runOn(hosted, "users", "list"); r.failure != nil {
		t.Errorf("web users list: %v", r.failure)
	}
	if r := d.runOn(hosted, "users", "show", "ada@example.com"); r.failure != nil || strings.Contains(r.out, "Plan") {
		t.Errorf("web users show: %v\n%s", r.failure, r.out)
	}
}

func TestAWrongSecretKeySaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := d.runOn(&operate.Instance{
		BackendURL: "https://api.usher.localhost", SecretKey: "sk_live_wrong", Transport: d.service.Transport(), Close: func() error { return nil },
	}, "users", "list")
	if r.failure == nil || !strings.Contains(r.failure.Error(), "copy CLERK_SECRET_KEY") || strings.Contains(r.failure.Error(), "sk_live_wrong") {
		t.Errorf("web users list: %v", r.failure)
	}
}
