package authctx_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestB26_KeepFormsBelowAGuard works where the routes are built so, and is refused where it
// could not: it never silently does nothing.
func TestB26_KeepFormsBelowAGuard(t *testing.T) {
	t.Parallel()
	pass := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	mux := func(next http.Handler) http.Handler {
		m := http.NewServeMux()
		m.Handle("/reports", next)
		return m
	}
	router := func(next http.Handler) http.Handler {
		r := chi.NewRouter()
		r.Use(authctx.RequirePage(), authctx.KeepForms)
		r.Handle("/reports", next)
		return r
	}
	group := func(next http.Handler) http.Handler {
		r := chi.NewRouter()
		r.Group(func(r chi.Router) {
			r.Use(authctx.ProtectByDefault, authctx.KeepForms)
			r.With(authctx.RequirePage()).Handle("/reports", next)
		})
		return r
	}
	chain := func(all ...func(http.Handler) http.Handler) func(http.Handler) http.Handler {
		return func(h http.Handler) http.Handler {
			for i := len(all) - 1; i >= 0; i-- {
				h = all[i](h)
			}
			return h
		}
	}
	page := authctx.RequirePage()
	for name, tt := range map[string]struct {
		order   func(http.Handler) http.Handler
		refused bool
	}{
		"in front":                      {chain(authctx.KeepForms, page), false},
		"in front, something between":   {chain(authctx.KeepForms, pass, page), false},
		"directly below":                {chain(page, authctx.KeepForms), false},
		"below two guards":              {chain(page, page, authctx.KeepForms), false},
		"between two guards":            {chain(page, authctx.KeepForms, page), false},
		"below in a chi router":         {router, false},
		"below in a chi group":          {group, false},
		"on a handler, closed by a mux": {chain(authctx.ProtectByDefault, mux, authctx.KeepForms, page), false},
		"both":                          {chain(authctx.KeepForms, page, pass, authctx.KeepForms), false},
		"something between":             {chain(page, pass, authctx.KeepForms), true},
		"between, and a guard":          {chain(page, pass, authctx.KeepForms, page), true},
		"below a guarded mux":           {chain(page, mux, authctx.KeepForms), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, tt.order)
			// The desk has a guard of its own; here the order under test is all there is.
			cfg := authtest.Config(t)
			cfg.Now = d.now
			a, err := authctx.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			d.app = a.Handler(tt.order(http.HandlerFunc(d.save)))
			if tt.refused {
				defer func() {
					if msg, _ := recover().(string); !strings.Contains(msg, "in front of the guard") {
						t.Errorf("panic %q", msg)
					}
				}()
				d.send("GET", "/reports", "", nil, fresh)
				t.Error("the order is not refused")
				return
			}
			rec := d.send("POST", "/reports", filled, nil, expired)
			c := keptCookie(rec)
			if c == nil {
				t.Fatalf("not kept: %d %v", rec.Code, rec.Header())
			}
			if ask := d.send("GET", "/reports", "", c, fresh); !strings.Contains(ask.Body.String(), "Send it now") {
				t.Errorf("asks %s", ask.Body)
			}
			d.send("POST", "/reports", "usher_form=again", c, fresh)
			d.wantSaved("user_test /reports text=a+long+one&title=Report")
			if out := d.send("GET", "/reports", "", nil, fresh, authtest.SignedOut()); out.Code != http.StatusSeeOther {
				t.Errorf("signed out: %d", out.Code)
			}
		})
	}
}

// TestM03_KeepFormsKeepsTheMark of the handler that it wraps, open or closed.
func TestM03_KeepFormsKeepsTheMark(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, secretPage) })
	for name, tt := range map[string]struct {
		h    http.Handler
		want int
	}{
		"open":     {authctx.KeepForms(authctx.Public(h)), 200},
		"guarded":  {authctx.KeepForms(authctx.RequireAPI()(h)), 401},
		"unmarked": {authctx.KeepForms(h), 401},
	} {
		mux := http.NewServeMux()
		mux.Handle("/p", tt.h)
		for _, closed := range []http.Handler{authctx.ProtectByDefault(tt.h), authctx.ProtectByDefault(mux)} {
			d := &desk{t: t, app: a.Handler(closed)}
			req := authtest.NewRequest(t, "GET", "/p", authtest.SignedOut())
			if rec := d.serve(req); rec.Code != tt.want {
				t.Errorf("%s: %d, want %d", name, rec.Code, tt.want)
			}
		}
	}
}
