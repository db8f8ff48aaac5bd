package authctx_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// payload is a handshake token with the given Set-Cookie lines.
func payload(t *testing.T, lines ...string) string {
	t.Helper()
	return payloadAt(t, time.Now(), lines...)
}

// payloadAt is made at another time than now.
func payloadAt(t *testing.T, at time.Time, lines ...string) string {
	t.Helper()
	return authtest.Token(t, authtest.At(at), authtest.Claim("handshake", lines), authtest.Claim("sub", nil))
}

func setCookieNames(h http.Header) (names []string) {
	for _, c := range (&http.Response{Header: h}).Cookies() {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

func TestHandshakePayloadInACookie(t *testing.T) {
	t.Parallel()
	req := httptest.NewRequest("GET", "/dashboard", nil)
	cookies("__clerk_handshake=" + payload(t,
		"__session="+authtest.Token(t)+"; Path=/", "__client_uat_"+suffix+"=1; Path=/", "__clerk_handshake=; Max-Age=0"))(req)
	got := ask(t, authtest.Config(t), req)
	if got.outcome() != "signed-in user_test" || got.StatusCode != http.StatusOK {
		t.Fatalf("35: %d %s", got.StatusCode, got.outcome())
	}
	want := []string{"__clerk_handshake", "__client_uat_" + suffix, "__session"}
	if names := setCookieNames(got.Header); !slices.Equal(names, want) {
		t.Errorf("cookies %v, want %v", names, want)
	}
	if got.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("H02: Cache-Control %q", got.Header.Get("Cache-Control"))
	}
}

// TestHandshakeLinesAreHandedOnAsTheyAre, also what nobody here knows the meaning of.
func TestHandshakeLinesAreHandedOnAsTheyAre(t *testing.T) {
	t.Parallel()
	lines := []string{
		"__session=" + authtest.Token(t) + "; path=/; MAX-AGE=60; Priority=High; Partitioned",
		"__client_uat=1 2; Expires=soon",
		`__refresh_` + suffix + `="a,b"; Path=/`,
	}
	req := httptest.NewRequest("GET", "/", nil)
	cookies("__clerk_handshake=" + payload(t, lines...))(req)
	if got := ask(t, authtest.Config(t), req).Header["Set-Cookie"]; !slices.Equal(got, lines) {
		t.Errorf("got  %q\nwant %q", got, lines)
	}
}

// TestHandshakeQuotedSession: quotes are part of what the browser keeps, and make no token.
func TestHandshakeQuotedSession(t *testing.T) {
	t.Parallel()
	req := httptest.NewRequest("GET", "/", nil)
	cookies("__clerk_handshake=" + payload(t, `__session="`+authtest.Token(t)+`"; Path=/`))(req)
	if got := ask(t, authtest.Config(t), req).outcome(); strings.HasPrefix(got, "signed-in") {
		t.Error(got)
	}
}

// TestJ26_HandshakePayloads: what is not a handshake of this instance sets nothing, and a
// genuine one sets only the cookies it is for.
func TestJ26_HandshakePayloads(t *testing.T) {
	t.Parallel()
	good := "__session=" + authtest.Token(t) + "; Path=/"
	for name, tt := range map[string]struct {
		token string
		want  []string
	}{
		"a forged signature":           {payload(t, good)[:400] + strings.Repeat("A", 342), nil},
		"a session token":              {authtest.Token(t), nil},
		"lines that are no array":      {authtest.Token(t, authtest.Claim("handshake", good)), nil},
		"lines that are no strings":    {authtest.Token(t, authtest.Claim("handshake", []int{1})), nil},
		"a cookie of another name":     {payload(t, good, "evil=1; Path=/"), []string{"__session"}},
		"a name that only begins so":   {payload(t, good, "__sessionx=1"), []string{"__session"}},
		"the client's secret":          {payload(t, good, "__client=stolen"), []string{"__session"}},
		"a line break in a value":      {payload(t, good, "__client_uat=1\r\nLocation: https://evil.example"), []string{"__session"}},
		"white space around a name":    {payload(t, good, " __client_uat=1", "__client_uat =1"), []string{"__session"}},
		"no ASCII":                     {payload(t, good, "__client_uat=1; Path=/\u00fc"), []string{"__session"}},
		"white space where a name was": {payload(t, good, " =x"), []string{"__session"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequest("GET", "/", nil)
			cookies("__clerk_handshake=" + tt.token)(req)
			got := ask(t, authtest.Config(t), req)
			if names := setCookieNames(got.Header); !slices.Equal(names, tt.want) {
				t.Errorf("cookies %v, want %v", names, tt.want)
			}
			if got.Header.Get("Location") != "" || got.auth.SignedIn() != (tt.want != nil) {
				t.Errorf("outcome %s, Location %q", got.outcome(), got.Header.Get("Location"))
			}
		})
	}
}

// TestF12_AHandshakeLinkSignsNobodyIn: a production instance takes the payload from its
// cookie only, so the address bar cannot carry somebody else's session in.
func TestF12_AHandshakeLinkSignsNobodyIn(t *testing.T) {
	t.Parallel()
	req := httptest.NewRequest("GET", "/?__clerk_handshake="+payload(t, "__session="+authtest.Token(t)), nil)
	if got := ask(t, authtest.Config(t), req); got.auth.SignedIn() || len(got.Header["Set-Cookie"]) != 0 {
		t.Errorf("outcome %s, cookies %v", got.outcome(), got.Header["Set-Cookie"])
	}
}

func TestHandshakeNonce(t *testing.T) {
	t.Parallel()
	tok := authtest.Token(t)
	for name, tt := range map[string]struct {
		status  int
		more    any // beside the session's line
		want    string
		cookies int
	}{
		"37 accepted":              {200, "__client_uat=1; Path=/", "signed-in user_test", 2},
		"37 unknown":               {404, "", "signed-out session-token-and-uat-missing", 0},
		"37 upstream ill":          {500, "", "signed-out session-token-and-uat-missing", 0},
		"37 L03 a line is no text": {200, 5, "signed-out session-token-and-uat-missing", 0},
		"37 L03 a line is null":    {200, nil, "signed-out session-token-and-uat-missing", 0},
		"37 L03 another success":   {201, "", "signed-out session-token-and-uat-missing", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string][]any{"directives": {"__session=" + tok + "; Path=/", tt.more}})
			if err != nil {
				t.Fatal(err)
			}
			cfg := authtest.Config(t)
			cfg.SecretKey, cfg.Transport = "sk_test_x", &upstream{answer: func(int64) (int, string, error) { return tt.status, string(body), nil }}
			req := httptest.NewRequest("GET", "/", nil)
			cookies("__clerk_handshake_nonce=n1")(req)
			got := ask(t, cfg, req)
			if got.outcome() != tt.want || len(got.Header["Set-Cookie"]) != tt.cookies {
				t.Errorf("outcome %q, %d cookies", got.outcome(), len(got.Header["Set-Cookie"]))
			}
		})
	}
}

func TestHandshakeInTheQueryOfADevelopmentInstance(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.PublishableKey = wire.NewPublishableKey(false, "clerk.authtest.example.com").String()
	good := payload(t, "__session="+authtest.Token(t)+"; Path=/", "__client_uat=1; Path=/")

	req := httptest.NewRequest("GET", "/p?a=1&__clerk_handshake="+good, nil)
	req.Header.Set("Sec-Fetch-Dest", "document")
	got := ask(t, cfg, req)
	if got.StatusCode != 307 || got.Header.Get("Location") != "/p?a=1" || len(got.Header["Set-Cookie"]) != 2 {
		t.Errorf("43: %d, Location %q, cookies %v", got.StatusCode, got.Header.Get("Location"), got.Header["Set-Cookie"])
	}
	if got.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("V04: Referrer-Policy %q", got.Header.Get("Referrer-Policy"))
	}

	req = httptest.NewRequest("GET", "/?__clerk_handshake="+good, nil)
	req.URL.Path, req.RequestURI = "//other.example/x", "//other.example/x?"+req.URL.RawQuery
	got = ask(t, cfg, req)
	if loc := got.Header.Get("Location"); loc != cfg.PublicOrigin+"//other.example/x" || cfg.PublicOrigin == "" {
		t.Errorf("R01 a path that looks away: Location %q", loc)
	}

	req = httptest.NewRequest("GET", "/p?a=1&__clerk_handshake=x.y.z", nil)
	req.Header.Set("Sec-Fetch-Dest", "document")
	got = ask(t, cfg, req)
	if got.StatusCode != 307 || got.Header.Get("Location") != "/p?a=1" || !slices.Equal(setCookieNames(got.Header), []string{"__clerk_redirect_count"}) {
		t.Errorf("44 stricter: %d, Location %q, cookies %v", got.StatusCode, got.Header.Get("Location"), got.Header["Set-Cookie"])
	}
}

// TestHandshakeOnAClockThatIsOff: a development machine may be a day off, a server may not.
func TestHandshakeOnAClockThatIsOff(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		live bool
		off  time.Duration
		want bool
	}{
		"development, an hour ahead":  {false, time.Hour, true},
		"development, an hour behind": {false, -time.Hour, true},
		"development, two days":       {false, 48 * time.Hour, false},
		"production, an hour":         {true, time.Hour, false},
	} {
		cfg := authtest.Config(t)
		cfg.PublishableKey = wire.NewPublishableKey(tt.live, "clerk.authtest.example.com").String()
		cfg.Now = func() time.Time { return time.Now().Add(tt.off) }
		req := httptest.NewRequest("GET", "/", nil)
		cookies("__clerk_handshake=" + payloadAt(t, cfg.Now(), "__session="+authtest.Token(t)))(req)
		if got := ask(t, cfg, req); got.auth.SignedIn() != tt.want {
			t.Errorf("%s: %s", name, got.outcome())
		}
	}
}

// FuzzDecide feeds anything in the places a client controls: no panic, and nobody is
// signed in without a token of the instance.
func FuzzDecide(f *testing.F) {
	f.Add("Bearer a.b.c", "__session=a.b.c; __client_uat=1", "/p?__clerk_handshake=a.b.c", "document")
	f.Add("", "__clerk_handshake=a.b.c; __client_uat=-1; __clerk_redirect_count=x", "/", "")
	a, err := authctx.New(authtest.Config(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, authorization, cookie, target, dest string) {
		req, err := http.NewRequest("GET", "http://example.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if u, err := req.URL.Parse(target); err == nil {
			req.URL = u
		}
		req.Header = http.Header{"Authorization": {authorization}, "Cookie": {cookie}, "Sec-Fetch-Dest": {dest}}
		if got := askWith(a, req); got.auth.SignedIn() {
			t.Fatalf("signed in as %q", got.auth.UserID())
		}
	})
}
