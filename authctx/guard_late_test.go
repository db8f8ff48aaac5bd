package authctx_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// warning is cfg with a log at Warn.
func warning(cfg authctx.Config) (authctx.Config, *bytes.Buffer) {
	var b bytes.Buffer
	cfg.Logger = slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return cfg, &b
}

// TestB3_WhatWasReadAfterTheFirstByteIsPrivate: a handler that begins its response before
// anybody asks who sent the request.
func TestB3_WhatWasReadAfterTheFirstByteIsPrivate(t *testing.T) {
	t.Parallel()
	read := func(w io.Writer, r *http.Request) { _, _ = fmt.Fprint(w, authctx.FromContext(r.Context()).UserID()) }
	beginnings := map[string]func(w http.ResponseWriter){
		"writes":      func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 5000)) },
		"string":      func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<!doctype html>") },
		"writes head": func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
		"flushes":     func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"controller":  func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		"copies":      func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("<!doctype html>")) },
		"no-cache": func(w http.ResponseWriter) {
			w.Header().Set("Cache-Control", "no-cache")
			w.WriteHeader(http.StatusOK)
		},
		"own no-store": func(w http.ResponseWriter) {
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusOK)
		},
		"max-age=0": func(w http.ResponseWriter) {
			w.Header().Set("Cache-Control", "max-age=0, must-revalidate")
			w.WriteHeader(http.StatusOK)
		},
		"empty": func(w http.ResponseWriter) { w.Header().Set("Cache-Control", ""); w.WriteHeader(http.StatusOK) },
	}
	bearer := authtest.NewRequest(t, "GET", "/", authtest.Bearer())
	lapsed := authtest.NewRequest(t, "GET", "/", authtest.At(time.Now().Add(-time.Hour)))
	uat := httptest.NewRequest("GET", "/", nil)
	uat.AddCookie(&http.Cookie{Name: "__client_uat", Value: "1700000000"})
	garbage := httptest.NewRequest("GET", "/", nil)
	garbage.AddCookie(&http.Cookie{Name: "__session", Value: "garbage"})
	for who, req := range map[string]*http.Request{
		"cookie": authtest.NewRequest(t, "GET", "/"), "bearer": bearer, "expired": lapsed, "uat": uat, "garbage": garbage,
	} {
		for name, begin := range beginnings {
			t.Run(who+", "+name, func(t *testing.T) {
				t.Parallel()
				cfg, log := warning(authtest.Config(t))
				a, err := authctx.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				rec := httptest.NewRecorder()
				a.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					begin(w)
					read(w, r)
				})).ServeHTTP(rec, req.Clone(t.Context()))
				h := rec.Result().Header
				cc := h.Get("Cache-Control") + strings.Join(h["Cache-Control"], ",")
				if !strings.Contains(cc, "private") && !strings.Contains(cc, "no-store") {
					t.Errorf("headers %v", h)
				}
				if name != "own no-store" && h.Get("Vary") != "Cookie, Authorization" {
					t.Errorf("Vary %q", h.Get("Vary"))
				}
				if log.Len() != 0 {
					t.Errorf("logged %s", log)
				}
			})
		}
	}
}

// TestB3_SharedCachesKeepLateReadersApart: nobody is shown the page of another visitor, also
// where pages ask for the identity after their first byte and nobody is signed in.
func TestB3_SharedCachesKeepLateReadersApart(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	cache := &sharedCache{store: map[string][]kept{}, next: a.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_, _ = fmt.Fprint(w, authctx.FromContext(r.Context()).UserID())
	}))}
	for range 2 {
		for _, user := range []string{"", "user_a", "user_b", ""} {
			req := httptest.NewRequest("GET", "/", nil)
			if user != "" {
				req = authtest.NewRequest(t, "GET", "/", authtest.User(user))
			}
			rec := httptest.NewRecorder()
			cache.ServeHTTP(rec, req)
			if rec.Body.String() != user {
				t.Errorf("%q got the page of %q", user, rec.Body)
			}
		}
	}
}

// TestB3_HandlersDecideAboutWhatNobodyRead: files and pages that are the same for everybody
// stay as cacheable as their handlers say, also for people who are signed in.
func TestB3_HandlersDecideAboutWhatNobodyRead(t *testing.T) {
	t.Parallel()
	files := http.FileServerFS(fstest.MapFS{"a.txt": {Data: []byte("hello"), ModTime: time.Unix(1, 0)}})
	for name, said := range map[string]string{
		"public": "public, max-age=60", "max-age": "max-age=60", "shared": "s-maxage=9", "immutable": "immutable, max-age=31536000", "private": "private, max-age=60",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{"GET", "HEAD"} {
				for _, since := range []string{"", "Thu, 01 Jan 1970 00:00:01 GMT"} {
					cfg, log := warning(authtest.Config(t))
					a, err := authctx.New(cfg)
					if err != nil {
						t.Fatal(err)
					}
					req := authtest.NewRequest(t, method, "/a.txt")
					req.Header.Set("If-Modified-Since", since)
					rec := httptest.NewRecorder()
					a.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("Cache-Control", said)
						files.ServeHTTP(w, r)
					})).ServeHTTP(rec, req)
					want := map[bool]int{true: 200, false: 304}[since == ""]
					if h := rec.Result().Header; rec.Code != want || h.Get("Cache-Control") != said || h.Get("Vary") != "" || log.Len() > 0 {
						t.Errorf("%s since %q: %d %v %s", method, since, rec.Code, h, log)
					}
				}
			}
		})
	}
	t.Run("nothing said", func(t *testing.T) {
		t.Parallel()
		a, err := authctx.New(authtest.Config(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			req       *http.Request
			cc, vary  string
			unchanged bool
		}{
			{req: authtest.NewRequest(t, "GET", "/a.txt"), cc: "private, no-store", vary: "Cookie, Authorization"},
			{req: httptest.NewRequest("GET", "/a.txt", nil), vary: "Cookie, Authorization"},
		} {
			rec := httptest.NewRecorder()
			a.Handler(files).ServeHTTP(rec, tt.req)
			if h := rec.Result().Header; h.Get("Cache-Control") != tt.cc || h.Get("Vary") != tt.vary || rec.Body.String() != "hello" {
				t.Errorf("%v", h)
			}
		}
	})
}

// TestB3_NetworksOfServersAreToldTheSame: fields for content delivery networks do not make a
// personal page public.
func TestB3_NetworksOfServersAreToldTheSame(t *testing.T) {
	t.Parallel()
	h := respond(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("CDN-Cache-Control", "max-age=600")
		w.Header().Set("Surrogate-Control", "max-age=600")
		authctx.FromContext(r.Context())
	})
	if h.Get("CDN-Cache-Control") != "" || h.Get("Surrogate-Control") != "" || h.Get("Cache-Control") != "private, no-store" {
		t.Errorf("headers %v", h)
	}
}

// TestB3_ReadingTooLateIsSaid: a page that called itself public before it asked who is there.
func TestB3_ReadingTooLateIsSaid(t *testing.T) {
	t.Parallel()
	late := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		_, _ = io.WriteString(w, "<!doctype html>")
		for range 3 {
			_, _ = io.WriteString(w, authctx.Explain(r.Context()).Do)
		}
	}
	for _, development := range []bool{false, true} {
		for who, req := range map[string]*http.Request{"signed in": authtest.NewRequest(t, "GET", "/late?token=x"), "nobody": httptest.NewRequest("GET", "/late?token=x", nil)} {
			cfg, log := warning(authtest.Config(t))
			cfg.Development = development
			a, err := authctx.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewServer(a.Handler(http.HandlerFunc(late)))
			for range 5 {
				out := req.Clone(t.Context())
				out.RequestURI, out.URL.Scheme, out.URL.Host = "", "http", srv.Listener.Addr().String()
				res, err := http.DefaultClient.Do(out)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if res.Header.Get("Cache-Control") != "public, max-age=60" {
					t.Errorf("%s: %v", who, res.Header)
				}
				if got := strings.Contains(string(body), "before the first byte"); !got {
					t.Errorf("%s: Explain says %q", who, body)
				}
			}
			srv.Close()
			want := 1
			if development {
				want = 5
			}
			if got := log.String(); strings.Count(got, "level=WARN") != want || !strings.Contains(got, "path=/late ") || !strings.Contains(got, "guard_late_test.go:") {
				t.Errorf("%s, development %v: %s", who, development, got)
			}
		}
	}
}

// TestB3_WorkAfterTheResponseIsNotLate: the identity belongs to work that a request leaves
// behind, too.
func TestB3_WorkAfterTheResponseIsNotLate(t *testing.T) {
	t.Parallel()
	cfg, log := warning(authtest.Config(t))
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var left *http.Request
	a.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		_, _ = io.WriteString(w, "done")
		left = r
	})).ServeHTTP(httptest.NewRecorder(), authtest.NewRequest(t, "GET", "/"))
	if authctx.FromContext(left.Context()).UserID() != "user_test" || log.Len() > 0 {
		t.Errorf("logged %s", log)
	}
}

// TestB3_AnotherIdentityIsPrivateToo: what a handler shows to the identity that a middleware
// put in the place of the request's own.
func TestB3_AnotherIdentityIsPrivateToo(t *testing.T) {
	t.Parallel()
	h := respond(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		ctx := authctx.NewContext(r.Context(), nil)
		_, _ = io.WriteString(w, authctx.FromContext(ctx).UserID())
	})
	if h.Get("Cache-Control") != "private, no-store" {
		t.Errorf("headers %v", h)
	}
}

// TestB3_HintsAreNotTheResponse: informational responses come before the headers are decided.
func TestB3_HintsAreNotTheResponse(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		w.WriteHeader(http.StatusEarlyHints)
		authctx.FromContext(r.Context())
	})))
	defer srv.Close()
	res, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("headers %v", res.Header)
	}
}

// TestB3_CookiesThatAreSetTooLateAreSaid to developers: nobody gets them.
func TestB3_CookiesThatAreSetTooLateAreSaid(t *testing.T) {
	t.Parallel()
	cookie := &http.Cookie{Name: "theme", Value: "secret"}
	for name, tt := range map[string]struct {
		h    http.HandlerFunc
		said bool
	}{
		"late": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "hello")
			http.SetCookie(w, cookie)
		}, true},
		"a second one": {func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, cookie)
			w.WriteHeader(http.StatusOK)
			http.SetCookie(w, cookie)
		}, true},
		"in time": {func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, cookie)
			_, _ = io.WriteString(w, "hello")
		}, false},
		"without body": {func(w http.ResponseWriter, _ *http.Request) { http.SetCookie(w, cookie) }, false},
	} {
		for _, development := range []bool{false, true} {
			cfg, log := warning(authtest.Config(t))
			cfg.Development = development
			a, err := authctx.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			a.Handler(tt.h).ServeHTTP(httptest.NewRecorder(), authtest.NewRequest(t, "GET", "/p"))
			said := strings.Contains(log.String(), "cookie=theme")
			if said != (tt.said && development) || strings.Contains(log.String(), "secret") {
				t.Errorf("%s, development %v: %s", name, development, log)
			}
		}
	}
}

// TestB3_AFlushThatIsNotSupportedSendsNothing: what is read afterwards is in time.
func TestB3_AFlushThatIsNotSupportedSendsNothing(t *testing.T) {
	t.Parallel()
	cfg, log := warning(authtest.Config(t))
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	a.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Flush: %v", err)
		}
		authctx.FromContext(r.Context())
	})).ServeHTTP(struct{ http.ResponseWriter }{rec}, authtest.NewRequest(t, "GET", "/p"))
	if got := rec.Header().Get("Cache-Control"); got != "private, no-store" || log.Len() > 0 {
		t.Errorf("Cache-Control %q, log %s", got, log)
	}
}
