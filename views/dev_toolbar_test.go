package views_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/views"
)

// developer returns the context of a request in development.
func developer(t *testing.T, opts ...authtest.Option) context.Context {
	t.Helper()
	cfg := authtest.Config(t)
	cfg.Development = true
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() })).
		ServeHTTP(httptest.NewRecorder(), authtest.NewRequest(t, "GET", "/", opts...))
	return ctx
}

func TestDevToolbarAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ctx         context.Context
		question    string
		want, never []string
	}{
		"signed in": {
			developer(t), "How am I signed in?",
			[]string{"Status signed-in", "Decided by suffixed cookie", "Key ins_authtest", "Token issued", `"sub": "user_test"`}, []string{"What to do", "Open the sign-in page"},
		},
		"signed out": {
			developer(t, authtest.SignedOut()), "Why am I signed out?",
			[]string{"Reason session-token-and-uat-missing", "The browser sent no session", "What to do: Sign in.", "Open the sign-in page"}, []string{"Claims", "Key "},
		},
		"another origin": {
			developer(t, authtest.Claim("azp", "https://other.example")), "Why am I signed out?",
			[]string{"Reason token-invalid-authorized-parties", "Key ins_authtest"}, []string{"Claims", "user_test"},
		},
		"pending": {
			developer(t, authtest.Claim("sts", "pending")), "Why am I signed out?",
			[]string{"session is pending"}, []string{"user_test"},
		},
		"expired": {
			developer(t, authtest.At(time.Now().Add(-time.Hour))), "Why am I signed out?",
			[]string{"refresh cookie", "1h0m"}, []string{"user_test"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := parse(t, render(t, tt.ctx, views.DevToolbar()))
			var shown string // words of neighbouring elements kept apart
			for n := range page.Descendants() {
				if n.Type == html.TextNode {
					shown += strings.Join(strings.Fields(n.Data), " ") + " "
				}
			}
			if summary := elements(page, "summary"); len(summary) != 1 || text(summary[0]) != tt.question {
				t.Errorf("the question is %q", text(summary[0]))
			}
			for _, want := range tt.want {
				if !strings.Contains(shown, want) {
					t.Errorf("no %q in %q", want, shown)
				}
			}
			for _, never := range tt.never {
				if strings.Contains(shown, never) {
					t.Errorf("%q in %q", never, shown)
				}
			}
		})
	}
}

// TestDevToolbarIsQuiet: folded, labelled, and nothing that a strict policy forbids.
func TestDevToolbarIsQuiet(t *testing.T) {
	t.Parallel()
	page := parse(t, render(t, developer(t), views.DevToolbar()))
	for _, n := range elements(page, "") {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "id" || a.Key == "open" {
				t.Errorf("<%s %s>", n.Data, a.Key)
			}
		}
		if n.Data == "script" || n.Data == "style" {
			t.Errorf("<%s>", n.Data)
		}
	}
	if label, _ := attr(elements(page, "aside")[0], "aria-label"); label == "" {
		t.Error("the landmark has no name")
	}
}

// TestDevToolbarOutsideDevelopment: nothing is rendered, and a page that asks nothing
// else may still be cached by everybody (H01).
func TestDevToolbarOutsideDevelopment(t *testing.T) {
	t.Parallel()
	for name, ctx := range map[string]context.Context{"production": signedIn(t), "no middleware": t.Context()} {
		if got := render(t, ctx, views.DevToolbar()); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	a.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public")
		_ = views.DevToolbar().Render(r.Context(), w)
	})).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/"))
	if got := rec.Header().Get("Cache-Control"); got != "public" || rec.Body.Len() > 0 {
		t.Errorf("Cache-Control %q, body %q", got, rec.Body)
	}
}

func TestV02_X01_DevToolbarShowsNoTokenAndNoMarkup(t *testing.T) {
	t.Parallel()
	ctx := developer(t, authtest.Claim("custom", `</code><script>alert(1)</script>`))
	got := render(t, ctx, views.DevToolbar())
	tok := authctx.FromContext(ctx).Token()
	if tok == "" || strings.Contains(got, tok) || strings.Contains(got, "eyJ") {
		t.Error("the token is on the page")
	}
	if len(elements(parse(t, got), "script")) > 0 {
		t.Errorf("a claim became markup:\n%s", got)
	}
}
