package identity_test

import (
	"net/http"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

const partner = "https://partner.example"

// stateChanges are requests that change something for the signed-in visitor of the test.
var stateChanges = []struct{ method, target string }{
	{"POST", "/v1/client/sign_ins"},
	{"POST", "/v1/client/sign_ups"},
	{"POST", "/v1/client/sessions?_method=DELETE"},
	{"DELETE", "/v1/client/sessions"},
	{"PUT", "/v1/client"},
	{"PATCH", "/v1/me"},
	{"POST", "/v1/me/change_password"},
}

// F01, F02, F05: requests made by pages of other origins are refused and change nothing.
func TestF01_F02_F05_CrossSiteRequests(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.AllowedOrigins = []string{partner} })
	v := app.visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	refused := map[string]http.Header{
		"Sec-Fetch-Site cross-site":                {"Sec-Fetch-Site": {"cross-site"}},
		"Sec-Fetch-Site same-site":                 {"Sec-Fetch-Site": {"same-site"}},
		"Sec-Fetch-Site unknown":                   {"Sec-Fetch-Site": {"none-such"}},
		"cross-site that claims the public origin": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {origin}},
		"same-origin that names a foreign origin":  {"Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://evil.example"}},
		"foreign Origin":                           {"Origin": {"https://evil.example"}},
		"opaque Origin":                            {"Origin": {"null"}},
		"malformed Origin":                         {"Origin": {"::not an origin"}},
		"empty Origin":                             {"Origin": {""}},
		"Origin with another port":                 {"Origin": {"http://localhost:9090"}},
		"Origin that continues the public one":     {"Origin": {"http://localhost:8080.evil.example"}},
		"two Origins":                              {"Origin": {origin, "https://evil.example"}},
		"Origin equal to the Host header":          {"Origin": {"https://" + app.PublishableKey().Host()}},
		"http twin of an https origin":             {"Origin": {"http://partner.example"}},
	}
	for name, header := range refused {
		t.Run(name, func(t *testing.T) {
			w := v.copy()
			w.t, w.header = t, header
			for _, c := range stateChanges {
				w.send(c.method, c.target, "", nil).want(t, 403, wire.CodeOriginInvalid)
			}
		})
	}
	v.post("/v1/client/sessions/"+id+"/tokens").want(t, 200, "")
}

func TestOriginsThatMayPost(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.AllowedOrigins = []string{partner} })
	for name, tt := range map[string]struct {
		header http.Header
		azp    string
	}{
		"public origin":                      {http.Header{"Origin": {origin}, "Sec-Fetch-Site": {"same-origin"}}, origin},
		"allowed origin":                     {http.Header{"Origin": {partner}, "Sec-Fetch-Site": {"cross-site"}}, partner},
		"address bar":                        {http.Header{"Sec-Fetch-Site": {"none"}}, origin},
		"neither header, so not a browser":   {nil, origin},
		"neither, and a proxy nobody trusts": {http.Header{"Clerk-Proxy-Url": {partner + "/__clerk"}}, origin},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := app.visitor()
			v.t, v.header = t, tt.header
			a := v.signUp(name[:3] + "." + decimal(len(name)) + "@example.com")
			jwt := decode[wire.Response[any]](t, a.body).Client.Sessions[0].LastActiveToken.JWT
			if got := claimsOf(t, jwt).Azp; got != tt.azp {
				t.Errorf("azp = %q, want %q", got, tt.azp)
			}
		})
	}
}

func TestTrustedProxyNamesTheParty(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.AllowedOrigins = []string{partner} })
	v := app.visitor()
	v.header = http.Header{"Clerk-Proxy-Url": {partner + "/__clerk"}, "Clerk-Secret-Key": {app.SecretKey().Reveal()}}
	a := v.signUp("ada@example.com")
	jwt := decode[wire.Response[any]](t, a.body).Client.Sessions[0].LastActiveToken.JWT
	if got := claimsOf(t, jwt).Azp; got != partner {
		t.Errorf("azp = %q, want %q", got, partner)
	}
}

// F07: reading changes nothing, whatever method the query asks for.
func TestF07_SafeMethodsChangeNothing(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	id := v.sessionID()
	for _, method := range []string{"GET", "HEAD"} {
		for _, target := range []string{
			"/v1/client/sessions?_method=DELETE", "/v1/client/sessions/" + id + "/end", "/v1/client/sessions/" + id + "/remove",
			"/v1/client/sessions/" + id + "/tokens", "/v1/me/sessions/" + id + "/revoke", "/v1/client/sign_ins",
		} {
			if a := v.send(method, target, "", nil); a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") == "" {
				t.Errorf("%s %s = %d, Allow %q, want 405 with Allow", method, target, a.StatusCode, a.Header.Get("Allow"))
			}
		}
	}
	v.get("/v1/client?_method=DELETE").want(t, 200, "")
	v.post("/v1/client/sessions/"+id+"/tokens").want(t, 200, "")
}

// F08: no header overrides the method.
func TestF08_MethodOverrideHeader(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	v.header.Set("X-HTTP-Method-Override", "DELETE")
	v.post("/v1/client/sessions").want(t, 405, wire.CodeMethodNotAllowed)
	v.post("/v1/client/sessions?_method=GET").want(t, 405, wire.CodeMethodNotAllowed)
	v.post("/v1/client/sessions?_method=delete").want(t, 405, wire.CodeMethodNotAllowed)
	v.sessionID()
}

// F10: scripts of unknown origins get no CORS header, not even an echo.
func TestF10_CORS(t *testing.T) {
	t.Parallel()
	app := newApp(t, func(c *identity.Config) { c.AllowedOrigins = []string{partner} })
	for from, want := range map[string]string{
		partner: partner, origin: "", "null": "", "https://evil.example": "", "https://partner.example.evil.example": "",
		"https://evilpartner.example": "", "http://partner.example": "", "": "",
	} {
		for _, method := range []string{"GET", "OPTIONS"} {
			v := app.visitor()
			v.header.Set("Origin", from)
			a := v.send(method, "/v1/client", "", nil)
			if got := a.Header.Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("%s from %q: Access-Control-Allow-Origin = %q, want %q", method, from, got, want)
			}
			if cred := a.Header.Get("Access-Control-Allow-Credentials"); (cred == "true") != (want != "") {
				t.Errorf("%s from %q: Access-Control-Allow-Credentials = %q", method, from, cred)
			}
			if !varies(a.Header, "Origin") {
				t.Errorf("%s from %q: Vary = %q, want Origin in it", method, from, a.Header["Vary"])
			}
		}
	}
}

func limitedApp(t *testing.T) *app {
	return newApp(t, func(c *identity.Config) { c.Limits = identity.Limits{} })
}

// exhaust uses up the five sign-ins a network may begin.
func exhaust(t *testing.T, v *visitor) {
	t.Helper()
	for range 5 {
		v.post("/v1/client/sign_ins", "identifier", "ada@example.com").want(t, 200, "")
	}
	a := v.post("/v1/client/sign_ins", "identifier", "ada@example.com")
	a.want(t, 429, wire.CodeTooManyRequests)
	if a.Header.Get("Retry-After") != "10" {
		t.Errorf("Retry-After = %q, want 10", a.Header.Get("Retry-After"))
	}
}

func tryFrom(v *visitor, remote, forwarded string) int {
	w := v.app.visitor()
	w.remote = remote
	if forwarded != "" {
		for _, name := range []string{"X-Forwarded-For", "True-Client-IP", "X-Real-IP"} {
			w.header.Set(name, forwarded)
		}
		w.header.Set("Forwarded", "for="+forwarded)
	}
	return w.post("/v1/client/sign_ins", "identifier", "ada@example.com").StatusCode
}

// P03: forwarded addresses of strangers do not move a request to another bucket.
func TestP03_ForwardedFromAnUntrustedPeer(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	v := app.visitor()
	exhaust(t, v)
	if code := tryFrom(v, "192.0.2.1:5000", "203.0.113.9"); code != 429 {
		t.Errorf("forwarded by an untrusted peer: %d, want 429", code)
	}
	w := app.visitor()
	w.header.Set("X-Forwarded-For", "203.0.113.9")
	w.header.Set("Clerk-Secret-Key", "sk_live_wrong")
	w.post("/v1/client/sign_ins", "identifier", "ada@example.com").want(t, 429, wire.CodeTooManyRequests)
	if code := tryFrom(v, "192.0.2.2:5000", ""); code != 200 {
		t.Errorf("another peer: %d, want 200", code)
	}
}

func TestForwardedFromTheTrustedProxy(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	proxied := func(forwarded ...string) *visitor {
		v := app.visitor()
		v.header.Set("Clerk-Secret-Key", app.SecretKey().Reveal())
		v.header["X-Forwarded-For"] = forwarded
		return v
	}
	exhaust(t, proxied("198.51.100.7"))
	// What the client itself put in front changes nothing: the proxy's own entry is the last.
	proxied("203.0.113.1, 198.51.100.7").post("/v1/client/sign_ins", "identifier", "a@example.com").want(t, 429, wire.CodeTooManyRequests)
	proxied("203.0.113.1", "198.51.100.7").post("/v1/client/sign_ins", "identifier", "a@example.com").want(t, 429, wire.CodeTooManyRequests)
	proxied("198.51.100.8").post("/v1/client/sign_ins", "identifier", "a@example.com").want(t, 200, "")
	proxied("198.51.100.7, garbage").post("/v1/client/sign_ins", "identifier", "a@example.com").want(t, 200, "") // the peer's bucket
}

// P04: a network is a /64 and one spelling.
func TestP04_OneBucketPerNetwork(t *testing.T) {
	t.Parallel()
	v := limitedApp(t).visitor()
	v.remote = "[2001:db8:1:2::1]:80"
	exhaust(t, v)
	for remote, want := range map[string]int{
		"[2001:db8:1:2:ffff:ffff:ffff:ffff]:1": 429,
		"[2001:0db8:0001:0002:0::9]:1":         429,
		"[2001:db8:1:3::1]:1":                  200,
	} {
		if code := tryFrom(v, remote, ""); code != want {
			t.Errorf("%s: %d, want %d", remote, code, want)
		}
	}
	w := limitedApp(t).visitor()
	exhaust(t, w) // 192.0.2.1
	if code := tryFrom(w, "[::ffff:192.0.2.1]:1", ""); code != 429 {
		t.Errorf("mapped spelling: %d, want 429", code)
	}
}

func TestAttemptsAreLimited(t *testing.T) {
	t.Parallel()
	v := limitedApp(t).visitor()
	a := v.post("/v1/client/sign_ins", "identifier", "ada@example.com")
	path := "/v1/client/sign_ins/" + decode[wire.Response[wire.SignIn]](t, a.body).Response.ID + "/attempt_first_factor"
	for range 3 {
		v.post(path, "password", "not the password").want(t, 422, wire.CodePasswordOrIdentifier)
	}
	v.post(path, "password", password).want(t, 429, wire.CodeTooManyRequests)
}

// P05: nothing is built from the Host header or what is forwarded.
func TestP05_HostHeaders(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	v.header.Set("X-Forwarded-Host", "evil.example")
	v.header.Set("X-Forwarded-Proto", "http")
	a := v.signUp("ada@example.com")
	jwt := decode[wire.Response[any]](t, a.body).Client.Sessions[0].LastActiveToken.JWT
	if c := claimsOf(t, jwt); c.Azp != origin || c.Iss != app.PublishableKey().Issuer() {
		t.Errorf("claims = %+v, want the configured origin and issuer", c)
	}
}

// B5: a proxy that knows the secret key and names no readable address leaves it unknown;
// its own, which is this machine's for requests in memory, is nobody's.
func TestB5_AnAddressThatAProxyLeavesOutIsUnknown(t *testing.T) {
	t.Parallel()
	app := limitedApp(t)
	proxied := func(forwarded ...string) *visitor {
		v := app.visitor()
		v.header.Set("Clerk-Secret-Key", app.SecretKey().Reveal())
		v.header.Set("Clerk-Proxy-Url", "https://app.example.com/__clerk")
		v.header["X-Forwarded-For"] = forwarded
		return v
	}
	exhaust(t, proxied())
	proxied("unknown").post("/v1/client/sign_ins", "identifier", "a@example.com").want(t, 429, wire.CodeTooManyRequests)
	if code := tryFrom(app.visitor(), "192.0.2.1:5000", ""); code != 200 {
		t.Errorf("the proxy's own bucket was used: %d", code)
	}
	for _, spelling := range []string{"198.51.100.7:5010", "198.51.100.7", "::ffff:198.51.100.7", "[::ffff:198.51.100.7]:80", " 198.51.100.7:1 "} {
		proxied(spelling).post("/v1/client/sign_ins", "identifier", "a@example.com").want(t, 200, "")
	}
	proxied("198.51.100.7").post("/v1/client/sign_ins", "identifier", "a@example.com").want(t, 429, wire.CodeTooManyRequests)
}

func TestB5_APeerWithoutAPort(t *testing.T) {
	t.Parallel()
	v := limitedApp(t).visitor()
	v.remote = "203.0.113.7"
	exhaust(t, v)
	if code := tryFrom(v, "203.0.113.8", ""); code != 200 {
		t.Errorf("another peer: %d, want 200", code)
	}
}
