package authctx_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestA3_PayloadsAreForOneAppBrowserAndMinute: a payload that somebody else fetched, tossed
// as a cookie, changes nothing; what a payload does not say is not asked of it.
func TestA3_PayloadsAreForOneAppBrowserAndMinute(t *testing.T) {
	t.Parallel()
	const line = "__client_uat=0; Path=/"
	claim := authtest.Claim
	for name, tt := range map[string]struct {
		options []authtest.Option
		taken   bool
	}{
		"nothing but lines":        {nil, true},
		"expired":                  {[]authtest.Option{authtest.At(time.Now().Add(-2 * time.Minute))}, false},
		"from the future":          {[]authtest.Option{authtest.At(time.Now().Add(2 * time.Minute))}, false},
		"exp of another type":      {[]authtest.Option{claim("exp", "soon")}, false},
		"for this app":             {[]authtest.Option{claim("aud", authtest.Origin)}, true},
		"for another app":          {[]authtest.Option{claim("aud", "https://other.example")}, false},
		"for a list of apps":       {[]authtest.Option{claim("aud", []string{authtest.Origin})}, false},
		"for no browser":           {[]authtest.Option{claim("bnd", "")}, false},
		"for another browser":      {[]authtest.Option{claim("bnd", "x")}, false},
		"for a browser, by number": {[]authtest.Option{claim("bnd", 5)}, false},
	} {
		tok := authtest.Token(t, append(tt.options, claim("handshake", []string{line}), claim("sub", nil))...)
		req := httptest.NewRequest("GET", "/", nil)
		session(authtest.Token(t), 1)(req)
		cookies("__clerk_handshake=" + tok)(req)
		got := ask(t, authtest.Config(t), req)
		want := "signed-in user_test"
		if tt.taken {
			want = "signed-out session-token-missing"
		}
		if got.outcome() != want || (len(got.Header["Set-Cookie"]) != 0) != tt.taken {
			t.Errorf("%s: %s, cookies %v, want %s", name, got.outcome(), got.Header["Set-Cookie"], want)
		}
	}
}

// TestB23_TheResultComesBackToTheBrowserThatAsked: an app elsewhere with production keys
// gets payloads in the address. Its own browser takes them, others begin a handshake.
func TestB23_TheResultComesBackToTheBrowserThatAsked(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.ProxyURL = "https://usher.example/__clerk"
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	visit := func(target, line string) answer {
		req := httptest.NewRequest("GET", target, nil)
		req.Header.Set("Sec-Fetch-Dest", "document")
		if line != "" {
			cookies(line)(req)
		}
		return askWith(a, req)
	}
	expired := authtest.Token(t, authtest.At(time.Now().Add(-time.Hour)))
	for name, line := range map[string]string{
		"a lost session":     "__client_uat_" + suffix + "=1700000000",
		"an expired session": "__session_" + suffix + "=" + expired + "; __client_uat_" + suffix + "=1700000000",
	} {
		began := visit("/p?a=1", line)
		if began.StatusCode != http.StatusTemporaryRedirect || !strings.HasPrefix(began.Header.Get("Location"), cfg.ProxyURL+"/v1/client/handshake?") {
			t.Fatalf("%s: %d to %q", name, began.StatusCode, began.Header.Get("Location"))
		}
		address, err := url.Parse(began.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		result := authtest.Token(t, authtest.Claim("sub", nil), authtest.Claim("aud", cfg.PublicOrigin), authtest.Claim("bnd", address.Query().Get("__usher_binding")),
			authtest.Claim("handshake", []string{"__session=" + authtest.Token(t) + "; Path=/", "__client_uat=1; Path=/"}))
		target := "/p?a=1&__clerk_synced=false&__clerk_handshake=" + result
		for _, c := range began.Cookies() {
			line += "; " + c.Name + "=" + c.Value
		}
		back := visit(target, line)
		if back.Header.Get("Location") != "/p?a=1" || len(back.Header["Set-Cookie"]) != 2 {
			t.Errorf("%s, back: %d to %q, cookies %v", name, back.StatusCode, back.Header.Get("Location"), back.Header["Set-Cookie"])
		}
		for _, other := range []string{"", "__client_uat_" + suffix + "=0", "__usher_handshake=guessed"} {
			got := visit(target, other)
			if got.auth != nil || strings.Contains(strings.Join(got.Header["Set-Cookie"], ""), "__session") || strings.Contains(got.Header.Get("Location"), result) {
				t.Errorf("%s, to a browser with %q: %s, cookies %v", name, other, got.outcome(), got.Header["Set-Cookie"])
			}
		}
	}
	if got := visit("/p?__clerk_synced=false", ""); !strings.Contains(got.Header.Get("Location"), "/v1/client/handshake?") {
		t.Errorf("back from signing in: %s", got.outcome())
	}
}

// TestA12_NoncesAreBounded: strangers cause few calls, and the same nonce one.
func TestA12_NoncesAreBounded(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	up := &upstream{answer: func(int64) (int, string, error) { return 404, `{"errors":[{"code":"resource_not_found"}]}`, nil }}
	cfg.SecretKey, cfg.Transport = "sk_test_x", up
	now := time.Now()
	cfg.Now = func() time.Time { return now }
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	remote := "192.0.2.1:4000"
	try := func(nonce string) {
		req := httptest.NewRequest("GET", "/", nil)
		req.RemoteAddr = remote
		cookies("__clerk_handshake_nonce=" + nonce)(req)
		askWith(a, req)
	}
	for range 10 {
		try("same")
	}
	if n := up.calls.Load(); n != 1 {
		t.Errorf("%d calls for one nonce", n)
	}
	for _, garbage := range []string{strings.Repeat("x", 600), "a%00b"} {
		try(garbage)
	}
	if n := up.calls.Load(); n != 1 {
		t.Errorf("%d calls for garbage", n-1)
	}
	for i := range 500 {
		try("made-up-" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	if n := up.calls.Load(); n > 21 {
		t.Errorf("%d calls in one moment", n)
	}
	before := up.calls.Load()
	remote = "[2001:db8:1:2::3]:4000"
	if try("of-somebody-else"); up.calls.Load() != before+1 {
		t.Error("one network keeps another out")
	}
	for i := range 5000 {
		remote = fmt.Sprintf("198.51.%d.%d:4000", i/250, i%250)
		try("from-everywhere-" + strconv.Itoa(i))
	}
	if n := up.calls.Load(); n > 42 {
		t.Errorf("%d calls in one moment, from anywhere", n)
	}
}
