package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/cmd/web/pages"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// letters reads the mailbox as programs do.
func (b *browser) letters() []pages.Letter {
	b.t.Helper()
	a := b.get(mailboxPath, "Accept", "application/json")
	a.want(b.t, 200)
	var list []pages.Letter
	if err := json.Unmarshal([]byte(a.body), &list); err != nil {
		b.t.Fatal(err)
	}
	return list
}

// letter waits for the first mail to somebody.
func (b *browser) letter(to string) pages.Letter {
	b.t.Helper()
	for range 200 {
		for _, l := range b.letters() {
			if l.To == to {
				return l
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.t.Fatalf("no mail to %s", to)
	return pages.Letter{}
}

// api sends a form to the Frontend API as a page's script would.
func (b *browser) api(path string, fields ...string) *answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, wire.ProxyPath+"/v1"+path, form.Encode(), "Accept", "*/*")
}

func TestDevelopersReadMailInThePage(t *testing.T) {
	t.Parallel()
	s := startDev(t, "-verify-email", "-multi-session")
	b := s.browser(t)
	b.get(mailboxPath).want(t, 200, "There is no mail yet")
	a := b.api("/client/sign_ups", "email_address", "ada@example.com", "password", password)
	a.want(t, 200, `"unverified_fields":["email_address"]`)
	var got wire.Response[wire.SignUp]
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	path := "/client/sign_ups/" + got.Response.ID
	b.api(path+"/prepare_verification", "strategy", "email_code").want(t, 200)
	l := b.letter("ada@example.com")
	if l.Kind != "verification_code" || len(l.Code) != 6 || !strings.Contains(l.Text, l.Code) || strings.Contains(l.Subject, l.Code) {
		t.Errorf("letter = %+v", l)
	}
	page := b.get(mailboxPath)
	page.want(t, 200, l.Code, "ada@example.com")
	if cc := page.Header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
		t.Errorf("Cache-Control = %q", cc)
	}
	b.api(path+"/attempt_verification", "strategy", "email_code", "code", l.Code).want(t, 200, `"status":"complete"`)
	b.settle("/welcome").want(t, 200, "Welcome")
	if log := s.log.String(); strings.Contains(log, l.Code) || !strings.Contains(log, mailboxPath) {
		t.Error("the code is in the log, or the mailbox's address is not")
	}
}

func TestTheMailboxIsDevelopersAlone(t *testing.T) {
	t.Parallel()
	if a := start(t).browser(t).get(mailboxPath); a.StatusCode != 404 {
		t.Errorf("in production the mailbox answers %d", a.StatusCode)
	}
	s := startDev(t, "-origin", "https://app.example.com")
	if a := s.browser(t).get(mailboxPath); a.StatusCode != 404 || s.mail != nil {
		t.Errorf("on a public origin the mailbox answers %d", a.StatusCode)
	}
	for _, peer := range []string{"192.0.2.7:4000", "[2001:db8::1]:4000", "nonsense"} {
		dev := startDev(t)
		r := httptest.NewRequest(http.MethodGet, mailboxPath, nil)
		r.RemoteAddr, r.Host = peer, strings.TrimPrefix(dev.Origin(), "http://")
		w := httptest.NewRecorder()
		dev.public.server.Handler.ServeHTTP(w, r)
		if w.Code != 404 {
			t.Errorf("to %s the mailbox answers %d", peer, w.Code)
		}
	}
}

func TestTheMailboxIsBounded(t *testing.T) {
	t.Parallel()
	b := &mailbox{now: time.Now}
	for i := range 3 * mailboxSize {
		if err := b.send(t.Context(), identity.Mail{Kind: "verification_code", To: strings.Repeat("a", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	list := b.letters()
	if len(list) != mailboxSize || len(list[0].To) != 3*mailboxSize || len(list[1].To) != 3*mailboxSize-1 {
		t.Errorf("%d letters, the first to %d", len(list), len(list[0].To))
	}
}

func TestToggles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		on   bool
		bad  string
	}{
		{"off by default", nil, nil, false, ""},
		{"a flag", []string{"-multi-session"}, nil, true, ""},
		{"the environment", nil, map[string]string{"MULTI_SESSION": "1"}, true, ""},
		{"a flag wins", []string{"-multi-session=false"}, map[string]string{"MULTI_SESSION": "true"}, false, ""},
		{"neither on nor off", nil, map[string]string{"MULTI_SESSION": "maybe"}, false, `MULTI_SESSION is "maybe": write 1 or 0`},
		{"codes without mail", []string{"-verify-email"}, nil, false, "-verify-email needs mail"},
		{"codes on a public origin", []string{"-verify-email", "-origin", "https://app.example.com"}, map[string]string{"USHER_DEV": "1"}, false, "-verify-email needs mail"},
	} {
		c, err := parse(tt.args, tt.env)
		switch {
		case tt.bad == "" && (err != nil || c.multiSession != tt.on):
			t.Errorf("%s: %v, %+v", tt.name, err, c)
		case tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.bad)
		}
	}
	if c, err := parse([]string{"-verify-email"}, map[string]string{"USHER_DEV": "1"}); err != nil || !c.verifyEmail {
		t.Errorf("codes in development: %v", err)
	}
}
