package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/handlers"
)

// TestB24_AFrontendAPIBelowAPath: the proxied Frontend API and the forms use the path, and
// redirects on it come back below the app's own.
func TestB24_AFrontendAPIBelowAPath(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://auth.example.com/gate/__clerk", "https://auth.example.com/gate/__clerk/", "http://127.0.0.1:9/gate/__clerk"} {
		var asked []string
		up := upstream(func(out *http.Request) (*http.Response, error) {
			asked = append(asked, out.URL.EscapedPath())
			res := response(http.StatusTemporaryRedirect, "{}")
			res.Request = out
			res.Header = http.Header{"Location": {"/gate/__clerk/v1/next?x=1"}}
			return res, nil
		})
		h, err := handlers.New(handlers.Config{
			PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, FrontendAPIURL: base, Transport: up,
		})
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		h.FrontendAPI().ServeHTTP(rec, request("GET", "/__clerk/v1/client%20x"))
		if len(asked) != 1 || asked[0] != "/gate/__clerk/v1/client%20x" {
			t.Errorf("%s: asked for %q", base, asked)
		}
		if got := rec.Header().Get("Location"); got != origin+"/__clerk/v1/next?x=1" {
			t.Errorf("%s: Location %q", base, got)
		}
	}
	for address, ok := range map[string]bool{"http://localhost:9": true, "http://auth.example.com": false, "https://auth.example.com/x?y": false} {
		_, err := handlers.New(handlers.Config{PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, FrontendAPIURL: address})
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestA2_ATossedClientCookieIsDeleted where browsers send it, and the genuine one stays.
func TestA2_ATossedClientCookieIsDeleted(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{"__client=a; __client=b": true, "__client=a; __client=a": false, "__client=a": false} {
		r := httptest.NewRequest("GET", "https://app.example.com/__clerk/v1/client", nil)
		r.RequestURI = "/__clerk/v1/client"
		r.Header.Set("Cookie", line)
		rec := through(t, func(*http.Request) (*http.Response, error) { return response(200, "{}"), nil }, r)
		lines := strings.Join(rec.Header()["Set-Cookie"], "\n")
		for _, toss := range []string{"Path=/__clerk; Domain=example.com", "Path=/; Domain=example.com", "Path=/; Domain=app.example.com"} {
			if strings.Contains(lines, "__client=; "+toss+"; Max-Age=0") != want {
				t.Errorf("%s, %s: %s", line, toss, lines)
			}
		}
		if strings.Contains(lines, "__client=; Path=/; Max-Age") {
			t.Errorf("%s: the genuine one is deleted: %s", line, lines)
		}
	}
}
