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

func TestS11_AFailingPageIsNeverHalfSent(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	rec := httptest.NewRecorder()
	rec.Header().Set("X-Request-Id", "req_42")
	testPages(t, &log).render(rec, httptest.NewRequest(http.MethodGet, "/welcome", nil), page{at: "/welcome", body: half})
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

// The words of a refusal are the layout's; its status and headers are the guard's own.
func TestErrorPagesDressPlainRefusalsOnly(t *testing.T) {
	t.Parallel()
	p := testPages(t, io.Discard)
	tests := []struct {
		name    string
		handler http.HandlerFunc
		status  int
		body    string
	}{
		{"a plain refusal", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			http.Error(w, "canary", http.StatusServiceUnavailable)
		}, 503, "Not right now"},
		{"a page of its own", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "own words")
		}, 403, "own words"},
		{"plain text that is no refusal", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Retry-After", "7")
			_, _ = io.WriteString(w, "fine")
		}, 200, "fine"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := httptest.NewRecorder()
			p.ErrorPages(tt.handler).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/x", nil))
			if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.body) || strings.Contains(rec.Body.String(), "canary") {
				t.Errorf("status %d, body %s", rec.Code, rec.Body)
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
