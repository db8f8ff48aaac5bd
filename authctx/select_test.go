package authctx_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// tenants is a Backend API of several instances: the secret key decides which key set it
// gives out.
func tenants() *machineService {
	return &machineService{answer: func(c machineCall) (int, string) {
		switch {
		case !strings.HasSuffix(c.path, "/v1/jwks"):
			return 404, `{}`
		case c.secret == "sk_live_first":
			return 200, firstKey().jwks("ins_same")
		case c.secret == "sk_live_second":
			return 200, secondKey().jwks("ins_same")
		}
		return 401, `{"errors":[{"code":"clerk_key_invalid"}]}`
	}}
}

// byHeader chooses an instance by a header, as its secret key.
func byHeader(r *http.Request, cfg *authctx.Config) error {
	cfg.SecretKey = "sk_live_" + r.Header.Get("X-Tenant")
	return nil
}

func tenantRequest(t testing.TB, tenant, tok string) *http.Request {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	req.Header.Set("X-Tenant", tenant)
	req.Header.Set("Authorization", "Bearer "+tok)
	return req
}

// personClaims are a session's.
func personClaims(now time.Time) object {
	return object{
		"v": 2, "sub": "user_1", "sid": "sess_1", "azp": authtest.Origin, "iss": "https://clerk.authtest.example.com",
		"iat": now.Unix(), "nbf": now.Unix() - 10, "exp": now.Unix() + 60,
	}
}

// TestJ31_InstancesDoNotMix: two instances publish different keys under one kid. A token
// counts for the instance whose key signed it, in whatever order they are asked and
// however often; so does what is remembered.
func TestJ31_InstancesDoNotMix(t *testing.T) {
	t.Parallel()
	s := tenants()
	sel := authctx.ForRequest(authctx.Config{Transport: s, Now: func() time.Time { return machineNow }}, byHeader)
	header := object{"alg": "RS256", "typ": "JWT", "kid": "ins_same"}
	first, second := firstKey().sign(t, header, personClaims(machineNow)), secondKey().sign(t, header, personClaims(machineNow))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for _, tt := range []struct {
				tenant, token string
				want          wire.Reason
			}{
				{"first", first, ""},
				{"second", first, wire.ReasonTokenInvalidSignature},
				{"second", second, ""},
				{"first", second, wire.ReasonTokenInvalidSignature},
				{"third", first, wire.ReasonSecretKeyInvalid},
			} {
				state, err := sel.Authenticate(tenantRequest(t, tt.tenant, tt.token))
				if err != nil || state.Reason != tt.want || state.Auth.SignedIn() != (tt.want == "") {
					t.Errorf("%s: %q, want %q, %v", tt.tenant, state.Reason, tt.want, err)
				}
			}
		})
	}
	wg.Wait()
	if n := s.count(); n != 3 {
		t.Errorf("%d key sets were fetched, want one for each instance", n)
	}
}

// TestJ31_MachineAnswersDoNotMix: nor do answers about opaque tokens.
func TestJ31_MachineAnswersDoNotMix(t *testing.T) {
	t.Parallel()
	s := &machineService{answer: func(c machineCall) (int, string) {
		if c.secret == "sk_live_first" {
			return answers200(c)
		}
		return refuses(c)
	}}
	base := authctx.Config{Transport: s, AcceptsToken: []wire.TokenType{wire.TokenAPIKey}}
	sel := authctx.ForRequest(base, byHeader)
	for range 2 {
		for tenant, want := range map[string]wire.Reason{"first": "", "second": wire.ReasonTokenInvalid} {
			if state, err := sel.Authenticate(tenantRequest(t, tenant, "ak_1")); err != nil || state.Reason != want {
				t.Errorf("%s: %q, %v", tenant, state.Reason, err)
			}
		}
	}
	if n := s.count(); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

// TestSelectorSeesEveryField changes one field of the configuration at a time: each change
// is another instance, and the same configuration is the same one.
func TestSelectorSeesEveryField(t *testing.T) {
	t.Parallel()
	base := authtest.Config(t)
	base.Now, base.Logger = time.Now, slog.New(slog.DiscardHandler)
	base.Transport = carrier(http.DefaultTransport.RoundTrip)
	var change func(*authctx.Config)
	sel := authctx.ForRequest(base, func(_ *http.Request, cfg *authctx.Config) error {
		change(cfg)
		return nil
	})
	keyWith := func(fn func(*authctx.Config)) any {
		change = fn
		key, err := authctx.SelectorKey(sel, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	seen := map[any]string{keyWith(func(*authctx.Config) {}): "none"}
	for i := range reflect.TypeFor[authctx.Config]().NumField() {
		field := reflect.TypeFor[authctx.Config]().Field(i)
		if field.Type.Kind() == reflect.Func {
			continue // base's, as the next test shows
		}
		edit := func(cfg *authctx.Config) { differ(t, field.Name, reflect.ValueOf(cfg).Elem().Field(i)) }
		key := keyWith(edit)
		if other, ok := seen[key]; ok {
			t.Errorf("changing %s makes no difference from changing %s", field.Name, other)
		}
		seen[key] = field.Name
		if field.Type.Kind() != reflect.Pointer && key != keyWith(edit) {
			t.Errorf("the same %s is another instance", field.Name)
		}
	}
}

var otherTransport = &http.Transport{}

// differ gives a field another value, the same one each time unless it is a pointer.
func differ(t *testing.T, name string, field reflect.Value) {
	t.Helper()
	switch field.Kind() {
	case reflect.String:
		field.SetString("other")
	case reflect.Bool:
		field.SetBool(!field.Bool())
	case reflect.Int, reflect.Int64:
		field.SetInt(field.Int() + 7)
	case reflect.Slice:
		other := reflect.New(field.Type().Elem()).Elem()
		other.SetString("other")
		field.Set(reflect.Append(field, other))
	case reflect.Interface:
		field.Set(reflect.ValueOf(otherTransport))
	case reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
	default:
		t.Fatalf("Config.%s is of a kind that Selector does not look at", name)
	}
}

// TestSelectorFieldsDoNotRunTogether moves text from one field, or entry, to the next.
func TestSelectorFieldsDoNotRunTogether(t *testing.T) {
	t.Parallel()
	seen := map[any]int{}
	for i, cfg := range []authctx.Config{
		{SecretKey: "ab", JWTKey: "c"}, {SecretKey: "a", JWTKey: "bc"}, {AuthorizedParties: []string{"a", "b"}}, {AuthorizedParties: []string{"ab"}},
		{AuthorizedParties: []string{"a"}, Audience: []string{"b"}}, {AuthorizedParties: []string{""}}, {}, {AuthorizedParties: []string{"", ""}},
	} {
		sel := authctx.ForRequest(authctx.Config{}, func(_ *http.Request, c *authctx.Config) error {
			*c = cfg
			return nil
		})
		key, err := authctx.SelectorKey(sel, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if other, ok := seen[key]; ok || err != nil {
			t.Errorf("configuration %d is the same as %d, %v", i, other, err)
		}
		seen[key] = i
	}
}

// TestSelectorKeepsBasesFunctions: a clock set per request does not count, and neither
// makes another instance.
func TestSelectorKeepsBasesFunctions(t *testing.T) {
	t.Parallel()
	base := authtest.Config(t)
	base.Now = func() time.Time { return machineNow }
	sel := authctx.ForRequest(base, func(_ *http.Request, cfg *authctx.Config) error {
		cfg.Now = func() time.Time { return machineNow.Add(time.Hour) }
		return nil
	})
	for range 3 {
		if s, err := sel.Authenticate(authtest.NewRequest(t, "GET", "/", authtest.At(machineNow))); err != nil || !s.Auth.SignedIn() {
			t.Errorf("%q, %v", s.Reason, err)
		}
	}
	if n := authctx.Selected(sel); n != 1 {
		t.Errorf("%d instances", n)
	}
}

// TestSelectorIsBounded sends more configurations than are kept, among which one is used
// again and again and stays.
func TestSelectorIsBounded(t *testing.T) {
	t.Parallel()
	s := tenants()
	sel := authctx.ForRequest(authctx.Config{Transport: s, Now: func() time.Time { return machineNow }}, func(r *http.Request, cfg *authctx.Config) error {
		cfg.Issuer = r.Header.Get("X-Issuer")
		return byHeader(r, cfg)
	})
	tok := firstKey().sign(t, object{"alg": "RS256", "kid": "ins_same"}, personClaims(machineNow))
	for i := range 1000 {
		stranger := tenantRequest(t, "x", "")
		stranger.Header.Set("X-Issuer", fmt.Sprintf("https://%d.example", i))
		if _, err := sel.Authenticate(stranger); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			if state, err := sel.Authenticate(tenantRequest(t, "first", tok)); err != nil || state.Auth.UserID() != "user_1" {
				t.Fatalf("%q, %v", state.Reason, err)
			}
		}
	}
	if n := authctx.Selected(sel); n != 256 {
		t.Errorf("%d instances are kept", n)
	}
	if n := s.count(); n != 1 {
		t.Errorf("%d key sets were fetched, want 1", n)
	}
}

// TestSelectorMistakes: what cannot be configured is 500 and logged without keys, at most
// once a second; nobody is signed in, and the handler is not reached.
func TestSelectorMistakes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		choose func(*http.Request, *authctx.Config) error
		want   string
	}{
		"an error":         {func(*http.Request, *authctx.Config) error { return errors.New("no such host") }, "no such host"},
		"a bad key":        {func(_ *http.Request, c *authctx.Config) error { c.PublishableKey = "pk_live_%%%"; return nil }, "PublishableKey"},
		"no keys":          {func(_ *http.Request, c *authctx.Config) error { *c = authctx.Config{}; return nil }, "both empty"},
		"a bad PEM":        {func(_ *http.Request, c *authctx.Config) error { c.JWTKey = "\x00"; return nil }, "PEM"},
		"a lone satellite": {func(_ *http.Request, c *authctx.Config) error { c.IsSatellite, c.ProxyURL = true, ""; return nil }, "Domain"},
		"a bad pattern":    {func(_ *http.Request, c *authctx.Config) error { c.OrganizationPatterns = []string{"((("}; return nil }, "OrganizationPatterns"},
		"a bad proxy":      {func(_ *http.Request, c *authctx.Config) error { c.ProxyURL = "ftp://x\n"; return nil }, "ProxyURL"},
		"a transport":      {func(_ *http.Request, c *authctx.Config) error { c.Transport = carrier(nil); return nil }, "not comparable"},
		"a bad kind": {func(_ *http.Request, c *authctx.Config) error {
			c.AcceptsToken = append(c.AcceptsToken, "x")
			return nil
		}, "kind of token"},
		"a negative skew":    {func(_ *http.Request, c *authctx.Config) error { c.ClockSkew = -5; return nil }, "ClockSkew"},
		"a key in the wrong": {func(_ *http.Request, c *authctx.Config) error { c.SecretKey = "pk_secret_part"; return nil }, "SecretKey"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			base := authtest.Config(t)
			base.Logger, base.Now = slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return machineNow }
			sel := authctx.ForRequest(base, tt.choose)
			h := sel.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler was reached") }))
			for range 3 {
				req := authtest.NewRequest(t, "GET", "/", authtest.At(machineNow))
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, req)
				if rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), tt.want) {
					t.Errorf("%d %s", rec.Code, rec.Body)
				}
				state, err := sel.Authenticate(req)
				if err == nil || state.Status != wire.StatusSignedOut || state.Auth.SignedIn() || !state.Auth.Unknown() || state.Header == nil {
					t.Errorf("%+v, %v", state, err)
				}
			}
			if n := strings.Count(log.String(), "no configuration for a request"); n != 1 || !strings.Contains(log.String(), tt.want) {
				t.Errorf("logged %d times: %s", n, &log)
			}
			if strings.Contains(log.String(), "pk_secret_part") || authctx.Selected(sel) != 0 {
				t.Errorf("something is kept or told: %s", &log)
			}
		})
	}
}

// TestSelectorNeedsAFunction fails at the start of the program, not at its first request.
func TestSelectorNeedsAFunction(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("ForRequest accepted nil")
		}
	}()
	authctx.ForRequest(authctx.Config{}, nil)
}

// TestSelectorListsCanBeExtended appends to base's lists from many requests at once.
func TestSelectorListsCanBeExtended(t *testing.T) {
	t.Parallel()
	base := authtest.Config(t)
	base.AuthorizedParties = append(make([]string, 0, 8), authtest.Origin)
	sel := authctx.ForRequest(base, func(r *http.Request, cfg *authctx.Config) error {
		cfg.AuthorizedParties = append(cfg.AuthorizedParties, "https://"+r.Header.Get("X-Tenant")+".example")
		return nil
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := string(rune('a' + i))
			tok := authtest.Token(t, authtest.Claim("azp", "https://"+name+".example"))
			for range 50 {
				if s, err := sel.Authenticate(tenantRequest(t, name, tok)); err != nil || !s.Auth.SignedIn() {
					t.Errorf("%s: %q, %v", name, s.Reason, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestSelectorInContext: what a page asks of its context is the chosen instance's.
func TestSelectorInContext(t *testing.T) {
	t.Parallel()
	sel := authctx.ForRequest(authtest.Config(t), func(r *http.Request, cfg *authctx.Config) error {
		cfg.SignInURL = "/" + r.Header.Get("X-Tenant") + "/sign-in"
		return nil
	})
	for _, tenant := range []string{"a", "b", "a"} {
		page := func(_ http.ResponseWriter, r *http.Request) {
			if got := authctx.SignInURL(r.Context(), ""); got != "/"+tenant+"/sign-in" {
				t.Errorf("%s: sign-in page is %s", tenant, got)
			}
			if _, top := decodeProps(t, authctx.BuildAuthProps(r.Context())); top["signInUrl"] != "/"+tenant+"/sign-in" {
				t.Errorf("%s: props say %v", tenant, top["signInUrl"])
			}
		}
		sel.Handler(http.HandlerFunc(page)).ServeHTTP(httptest.NewRecorder(), tenantRequest(t, tenant, authtest.Token(t)))
		rec := httptest.NewRecorder()
		guarded := authctx.RequirePage()(http.NotFoundHandler())
		sel.Handler(guarded).ServeHTTP(rec, tenantRequest(t, tenant, "bad"))
		if got := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || !strings.HasPrefix(got, "/"+tenant+"/sign-in?") {
			t.Errorf("%s: %d to %s", tenant, rec.Code, got)
		}
	}
}
