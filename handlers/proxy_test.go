package handlers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

// through sends r through the proxy.
func through(t *testing.T, up upstream, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	newHandlers(t, up).FrontendAPI().ServeHTTP(rec, r)
	return rec
}

func request(method, target string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader("a=b"))
	r.RemoteAddr = "192.0.2.7:4711"
	return r
}

func TestP03_P07_P08_ProxySpeaksForItselfOnly(t *testing.T) {
	t.Parallel()
	r := request("POST", "/__clerk/v1/client/sign_ins?_method=PATCH&x=%2F")
	for name, value := range map[string]string{
		"Clerk-Secret-Key": "sk_live_forged", "Clerk-Proxy-Url": "https://evil.example/__clerk", "X-Forwarded-For": "127.0.0.1",
		"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Forwarded": "for=127.0.0.1", "True-Client-Ip": "127.0.0.1",
		"X-Real-Ip": "127.0.0.1", "X_Forwarded_For": "127.0.0.1", "Clerk_Secret_Key": "sk_live_forged", "Clerk_proxy-Url": "x",
		"Connection": "Clerk-Secret-Key, X-Forwarded-For, Keep-Alive", "Keep-Alive": "1", "Te": "gzip", "Upgrade": "h2c",
		"Accept-Encoding": "gzip", "Cookie": "__client=sealed", "Content-Type": "application/x-www-form-urlencoded", "Origin": origin,
	} {
		r.Header[name] = []string{value}
	}
	called := false
	rec := through(t, func(out *http.Request) (*http.Response, error) {
		called = true
		if got := out.URL.String(); got != "https://clerk.example.com/v1/client/sign_ins?_method=PATCH&x=%2F" || out.Host != "clerk.example.com" {
			t.Errorf("target %s, Host %s", got, out.Host)
		}
		for name, want := range map[string]string{
			"Clerk-Secret-Key": secret, "Clerk-Proxy-Url": origin + "/__clerk", "X-Forwarded-For": "192.0.2.7",
			"X-Forwarded-Host": "app.example.com", "X-Forwarded-Proto": "https", "Accept-Encoding": "identity",
			"Cookie": "__client=sealed", "Origin": origin, "Content-Type": "application/x-www-form-urlencoded",
		} {
			if got := out.Header[name]; !slices.Equal(got, []string{want}) {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		for name := range out.Header {
			if strings.Contains(name, "_") || slices.Contains([]string{"Forwarded", "True-Client-Ip", "X-Real-Ip", "Connection", "Keep-Alive", "Upgrade", "Te"}, name) {
				t.Errorf("%s was passed on: %q", name, out.Header[name])
			}
		}
		if body, _ := io.ReadAll(out.Body); string(body) != "a=b" {
			t.Errorf("body %q", body)
		}
		return response(200, `{}`), nil
	}, r)
	if !called || rec.Code != 200 {
		t.Errorf("called %v, status %d", called, rec.Code)
	}
}

func TestP09_ProxyHostIsFixed(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"/__clerk//evil.example/v1/x", "/__clerk/\\evil.example", "/__clerk/../secret", "/__clerk/v1/%2e%2e/x", "/__clerk/v1/./x",
		"/__clerk/%2Fevil.example", "/__clerk/v1%5Cx", "/__clerk", "/__clerk/", "/__clerkevil/v1", "/other/__clerk/v1/x",
		"http://evil.example/__clerk/v1/client", "/__clerk/v1/%00", "/__clerk/v1/%0d%0aHost:%20evil.example", "/__clerk/@evil.example/../x",
	} {
		rec := through(t, func(out *http.Request) (*http.Response, error) {
			t.Errorf("%s was passed on to %s", target, out.URL)
			return response(200, `{}`), nil
		}, request("GET", target))
		var env wire.Errors
		if err := json.Unmarshal(rec.Body.Bytes(), &env); err != nil || rec.Code != 400 || len(env.Errors) != 1 || env.Errors[0].Code != "proxy_path_mismatch" {
			t.Errorf("%s: %d %s", target, rec.Code, rec.Body)
		}
	}
	for _, target := range []string{"/__clerk/@evil.example/x", "/__clerk/v1/client;x=y", "/__clerk/v1/me?redirect=//evil.example"} {
		through(t, func(out *http.Request) (*http.Response, error) {
			if out.URL.Host != "clerk.example.com" || out.Host != "clerk.example.com" {
				t.Errorf("%s went to %s", target, out.URL)
			}
			return response(200, `{}`), nil
		}, request("GET", target))
	}
}

func TestProxyKeepsRedirectsUnderThePath(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"https://clerk.example.com/v1/oauth_callback?a=b%2Fc#f": origin + "/__clerk/v1/oauth_callback?a=b%2Fc#f",
		"https://accounts.google.com/o?x":                       "https://accounts.google.com/o?x",
		"/npm/@clerk/clerk-js@6.25.0/dist/clerk.browser.js":     origin + "/__clerk/npm/@clerk/clerk-js@6.25.0/dist/clerk.browser.js",
		"y?z":                                     origin + "/__clerk/v1/y?z",
		"//clerk.example.com/v1/y":                origin + "/__clerk/v1/y",
		"//other.example/v1/y":                    "//other.example/v1/y",
		"http://clerk.example.com/v1/y":           origin + "/__clerk/v1/y",
		"https://clerk.example.com:444/v1":        "https://clerk.example.com:444/v1",
		"https://clerk.example.com.evil.example/": "https://clerk.example.com.evil.example/",
	} {
		calls := 0
		rec := through(t, func(*http.Request) (*http.Response, error) {
			calls++
			return response(302, "", "Location", location, "Set-Cookie", "__client=a", "Set-Cookie", "__client_uat=1"), nil
		}, request("GET", "/__clerk/v1/x"))
		if calls != 1 || rec.Code != 302 || rec.Header().Get("Location") != want || len(rec.Header()["Set-Cookie"]) != 2 {
			t.Errorf("%s: %d calls, %d to %q with cookies %q", location, calls, rec.Code, rec.Header().Get("Location"), rec.Header()["Set-Cookie"])
		}
	}
}

func TestH01_ProxyKeepsPersonalAnswersOutOfCaches(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v1/client": "private, no-store", "/v1/environment": "private, no-store",
		"/.well-known/jwks.json": "public, max-age=60", "/npm/@clerk/clerk-js@6/dist/clerk.browser.js": "public, max-age=60",
		"/v1/images/img_1": "public, max-age=60", "/v1/imagesx": "private, no-store",
	} {
		rec := through(t, answers(200, `{}`, "Cache-Control", "public, max-age=60"), request("GET", "/__clerk"+path))
		if got := rec.Header().Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", path, got, want)
		}
	}
	rec := through(t, answers(404, `{}`, "Cache-Control", "public, max-age=60"), request("GET", "/__clerk/v1/images/img_gone"))
	if got := rec.Header().Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("a picture that is not there: Cache-Control %q", got)
	}
}

func TestProxyFailuresAreEnvelopes(t *testing.T) {
	t.Parallel()
	large := request("POST", "/__clerk/v1/client")
	large.Body = io.NopCloser(io.LimitReader(zeros{}, 11<<20))
	drain := func(out *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, out.Body)
		return nil, err
	}
	for _, tt := range []struct {
		name   string
		up     upstream
		r      *http.Request
		status int
		code   string
	}{
		{"unreachable", unreachable, request("GET", "/__clerk/v1/client"), 502, "proxy_request_failed"},
		{"too large", drain, large, 413, wire.CodeBodyTooLarge},
	} {
		rec := through(t, tt.up, tt.r)
		var env wire.Errors
		if err := json.Unmarshal(rec.Body.Bytes(), &env); err != nil || rec.Code != tt.status || env.Errors[0].Code != tt.code ||
			rec.Header().Get("Content-Type") != "application/json" || rec.Header().Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %d %v\n%s", tt.name, rec.Code, rec.Header(), rec.Body)
		}
		if strings.Contains(rec.Body.String(), "refused") {
			t.Errorf("V03: %s tells too much: %s", tt.name, rec.Body)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestB4_TheProxyBelowAPrefix: ProxyPath is what browsers ask for, whatever a router in
// front has cut off.
func TestB4_TheProxyBelowAPrefix(t *testing.T) {
	t.Parallel()
	for name, front := range map[string]func(http.Handler) http.Handler{
		"nothing cut": func(h http.Handler) http.Handler { return h },
		"prefix":      func(h http.Handler) http.Handler { return http.StripPrefix("/app", h) },
		"all of it":   func(h http.Handler) http.Handler { return http.StripPrefix("/app/__clerk", h) },
	} {
		up := upstream(func(out *http.Request) (*http.Response, error) {
			if got := out.URL.String(); got != "https://clerk.example.com/v1/client?x=%2F" {
				t.Errorf("%s: target %s", name, got)
			}
			return response(200, "{}"), nil
		})
		h, err := handlers.New(handlers.Config{
			PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, ProxyPath: "/app/__clerk", Transport: up,
		})
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		front(h.FrontendAPI()).ServeHTTP(rec, request("GET", "/app/__clerk/v1/client?x=%2F"))
		if rec.Code != 200 {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}
