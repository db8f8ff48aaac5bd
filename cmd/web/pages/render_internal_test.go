package pages

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/userclient"
)

func testPages(t *testing.T, log io.Writer) *Pages {
	t.Helper()
	users, err := userclient.New(userclient.Config{SecretKey: "sk_live_0123456789abcdefghijklmnopqrstuvwxyzABCD"})
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{Users: users, Logger: slog.New(slog.NewTextHandler(log, nil))})
}

// half writes something and fails.
var half = templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
	_, _ = io.WriteString(w, "<h1>half a page")
	return errors.New("sql: canary in /etc/passwd:1")
})

// named is a writer as the server's middleware has it, below one that somebody else put on.
type named struct{ http.ResponseWriter }

func (named) RequestID() string { return "req_42" }

type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestS11_AFailingPageIsNeverHalfSent(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	rec := httptest.NewRecorder()
	testPages(t, &log).render(wrapped{named{rec}}, httptest.NewRequest(http.MethodGet, "/welcome", nil), page{at: "/welcome", body: half})
	body := rec.Body.String()
	if rec.Code != http.StatusInternalServerError || strings.Contains(body, "half a page") {
		t.Errorf("status %d, body %s", rec.Code, body)
	}
	if !strings.Contains(body, "Something went wrong") || !strings.Contains(body, "req_42") || strings.Contains(body, "canary") {
		t.Errorf("body %s", body)
	}
	if !strings.Contains(log.String(), "canary") {
		t.Errorf("log %s", log.String())
	}
}

// The words of a refusal are the layout's; its headers are the guard's own, and so is what
// programs get.
func TestDeniedDressesRefusedDocumentsOnly(t *testing.T) {
	t.Parallel()
	p := testPages(t, io.Discard)
	for _, tt := range []struct {
		name   string
		denied authctx.Denied
		body   string // "" is that nothing was answered
	}{
		{"cannot tell", authctx.Denied{Status: 503, Kind: authctx.KindDocument}, "Try again in a moment"},
		{"not allowed", authctx.Denied{Status: 403, Kind: authctx.KindDocument}, "for admins (org:admin)"},
		{"hidden", authctx.Denied{Status: 404, Kind: authctx.KindDocument}, "no page at this address"},
		{"led to sign-in", authctx.Denied{Status: 401, Kind: authctx.KindDocument, SignInURL: "/sign-in"}, ""},
		{"a program", authctx.Denied{Status: 403, Kind: authctx.KindAPI}, ""},
		{"a part of a page", authctx.Denied{Status: 403, Kind: authctx.KindHTMX}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := httptest.NewRecorder()
			rec.Header().Set("Retry-After", "7")
			p.Denied(rec, httptest.NewRequest(http.MethodGet, "/admin", nil), tt.denied)
			if got := rec.Body.String(); (got == "") != (tt.body == "") || !strings.Contains(got, tt.body) || tt.body != "" && rec.Code != tt.denied.Status {
				t.Errorf("status %d, body %s", rec.Code, got)
			}
			if got := rec.Header().Get("Retry-After"); got != "7" {
				t.Errorf("Retry-After %q was lost", got)
			}
		})
	}
}

func TestEveryStatusHasWords(t *testing.T) {
	t.Parallel()
	for status := range errorCode {
		if errorTitle(status) == "" || errorText(status) == "" {
			t.Errorf("%d has no words", status)
		}
	}
	if errorTitle(http.StatusTeapot) == "" || errorText(http.StatusTeapot) == "" {
		t.Error("a status without an entry has no words")
	}
}

func TestEverySourceIsReal(t *testing.T) {
	t.Parallel()
	for _, e := range exhibits {
		for _, name := range e.Sources {
			if sources[name] == "" {
				t.Errorf("%s shows %s, which is not embedded", e.Path, name)
			}
		}
	}
}

func TestMarkUpEscapes(t *testing.T) {
	t.Parallel()
	got := markUp("a < b && c\n\t// <i> & more\n")
	want := "a &lt; b &amp;&amp; c\n<i>\t// &lt;i&gt; &amp; more</i>\n"
	if got != want {
		t.Errorf("markUp = %q, want %q", got, want)
	}
}

func TestCodeParts(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"": "", "auth": "auth", "a.b(c)": "a.|b(|c)", "app/api/": "app/|api/", "f((": "f(|(", "auth()": "auth()",
	} {
		if got := strings.Join(codeParts(code), "|"); got != want {
			t.Errorf("codeParts(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestNewPanicsWithoutUsers(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	New(Config{})
}
