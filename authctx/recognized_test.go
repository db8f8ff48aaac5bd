package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestRecognizedIsDecided: who is known by the cookies alone is decided like a stranger as
// soon as anything else is in the request, or the instance asks for more than cookies.
func TestRecognizedIsDecided(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	dev := func(c *authctx.Config) {
		c.PublishableKey = wire.NewPublishableKey(false, "clerk.authtest.example.com").String()
	}
	query := func(q string) func(*http.Request) { return func(r *http.Request) { r.URL.RawQuery = q } }
	also := func(pair string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Cookie", pair+"; "+r.Header.Get("Cookie")) }
	}
	from := func(referer string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Dest", "document")
			r.Header.Set("Referer", referer)
		}
	}
	browser := also("__clerk_db_jwt_" + suffix + "=x")
	line := "__session=" + authtest.Token(t, authtest.At(now), authtest.User("user_brought"))
	brought := authtest.Token(t, authtest.At(now), authtest.Claim("handshake", []string{line}), authtest.Claim("sub", nil))
	spent := &upstream{answer: func(int64) (int, string, error) { return 200, `{"directives":["` + line + `"]}`, nil }}
	in := "signed-in user_test"
	tok, pending := authtest.Token(t, authtest.At(now)), authtest.Token(t, authtest.At(now), authtest.Claim("sts", wire.SessionPending))
	for name, tt := range map[string]struct {
		config func(*authctx.Config)
		known  func(*http.Request) // what the browser sends each time, beside the session
		then   func(*http.Request) // what is different about the last request
		want   string
	}{
		"nothing else":                 {nil, nil, nil, in},
		"a task to do":                 {nil, func(r *http.Request) { header("Cookie", strings.ReplaceAll(r.Header.Get("Cookie"), tok, pending))(r) }, nil, "signed-out pending"},
		"a query":                      {nil, nil, query("page=2"), in},
		"development":                  {dev, browser, nil, in},
		"development, a handshake":     {dev, browser, query("__clerk_handshake=" + brought), "handshake "},
		"development, a browser's id":  {dev, browser, func(r *http.Request) { from("")(r); query("__clerk_db_jwt=y")(r) }, "handshake dev-browser-sync"},
		"development, no browser's id": {dev, also("a=1"), header("Sec-Fetch-Dest", "document"), "handshake dev-browser-missing"},
		"a handshake's cookie":         {nil, also("__clerk_handshake=" + brought), nil, "signed-in user_brought"},
		"a nonce":                      {nil, also("__clerk_handshake_nonce=n"), nil, "signed-in user_brought"},
		"from this site":               {nil, nil, from(authtest.Origin + "/p"), in},
		"from elsewhere":               {nil, nil, from("https://other.example/"), "handshake primary-domain-cross-origin-sync"},
		"a bad header":                 {nil, nil, header("Authorization", "Bearer x"), "signed-out token-invalid"},
		"a good header":                {nil, nil, header("Authorization", "Bearer "+authtest.Token(t, authtest.At(now), authtest.User("user_other"))), "signed-in user_other"},
		"machines alone":               {func(c *authctx.Config) { c.AcceptsToken = []wire.TokenType{wire.TokenAPIKey} }, nil, nil, "signed-out No token in header"},
		"a satellite": {func(c *authctx.Config) { c.IsSatellite, c.Domain, c.SatelliteAutoSync = true, "sat.example.net", true },
			nil, func(r *http.Request) { from("https://other.example/")(r); query("__clerk_synced=false")(r) }, "handshake satellite-needs-syncing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := authtest.Config(t)
			cfg.Now, cfg.SecretKey, cfg.Transport = func() time.Time { return now }, "sk_test_x", spent
			if tt.config != nil {
				tt.config(&cfg)
			}
			request := func() *http.Request {
				req := httptest.NewRequest("GET", "/p", nil)
				session(tok, now.Unix())(req)
				if tt.known != nil {
					tt.known(req)
				}
				header("Cookie", strings.ReplaceAll(req.Header.Get("Cookie"), suffix, wire.CookieSuffix(cfg.PublishableKey)))(req)
				return req
			}
			a, err := authctx.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			for range 4 {
				if r := verifyReason(a, tok); r != "" {
					t.Fatal(r)
				}
				askWith(a, request())
			}
			last := request()
			if tt.then != nil {
				tt.then(last)
			}
			known, stranger := askWith(a, last).outcome(), ask(t, cfg, last).outcome()
			if known != tt.want || stranger != tt.want {
				t.Errorf("known %q, a stranger %q, want %q", known, stranger, tt.want)
			}
		})
	}
}
