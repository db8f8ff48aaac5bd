package authctx_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

const machineIssuer = "https://clerk.authtest.example.com"

// m2mClaims and oauthClaims are what the two kinds of JWT hold.
func m2mClaims() object {
	return object{
		"iss": machineIssuer, "sub": "mch_1", "jti": "mt_id", "aud": []string{"mch_2", "mch_3"}, "scopes": "mch_2 mch_3", "class": "gold",
		"iat": machineNow.Unix(), "nbf": machineNow.Unix() - 10, "exp": machineNow.Unix() + 60,
	}
}

func oauthClaims() object {
	return object{
		"iss": machineIssuer, "sub": "user_2", "jti": "oat_id", "client_id": "client_1", "scope": "email profile",
		"iat": machineNow.Unix(), "nbf": machineNow.Unix() - 10, "exp": machineNow.Unix() + 60,
	}
}

// jwtConfig accepts everything, verified with firstKey and no network.
func jwtConfig(t testing.TB) (authctx.Config, *machineService) {
	t.Helper()
	s := &machineService{answer: refuses}
	cfg := machineConfig(t, s, wire.TokenAny)
	cfg.JWTKey = firstKey().pem
	return cfg, s
}

// TestMachineJWT names one thing wrong with a token at a time, and the reason it gives.
func TestMachineJWT(t *testing.T) {
	t.Parallel()
	const failed = wire.ReasonTokenVerificationFailed
	m2m, oauth := object{"alg": "RS256", "typ": "JWT", "kid": "ins_1"}, object{"alg": "RS256", "typ": "at+jwt", "kid": "ins_1"}
	now := machineNow.Unix()
	for name, tt := range map[string]struct {
		header, headerChanges object
		claims, claimChanges  object
		want                  wire.Reason
	}{
		"m2m":                           {m2m, nil, m2mClaims(), nil, ""},
		"m2m with its category":         {m2m, object{"cat": wire.CategoryM2M}, m2mClaims(), nil, ""},
		"m2m without a type":            {m2m, object{"typ": nil}, m2mClaims(), nil, ""},
		"m2m with a session's category": {m2m, object{"cat": wire.CategorySession}, m2mClaims(), nil, wire.ReasonTokenInvalid},
		"m2m from a template":           {m2m, object{"cat": wire.CategoryTemplate}, m2mClaims(), nil, wire.ReasonTokenInvalid},
		"m2m with the empty category":   {m2m, object{"cat": wire.CategoryIgnore}, m2mClaims(), nil, wire.ReasonTokenInvalid},
		"m2m with an access type":       {m2m, object{"typ": "at+jwt"}, m2mClaims(), nil, failed},
		"m2m expired":                   {m2m, nil, m2mClaims(), object{"exp": now - 5}, failed},
		"m2m expired within the skew":   {m2m, nil, m2mClaims(), object{"exp": now - 4}, ""},
		"m2m early":                     {m2m, nil, m2mClaims(), object{"nbf": now + 60}, failed},
		"m2m from the future":           {m2m, nil, m2mClaims(), object{"iat": now + 60}, failed},
		"m2m that never ends, stricter": {m2m, nil, m2mClaims(), object{"exp": nil}, failed},
		"m2m of another issuer":         {m2m, nil, m2mClaims(), object{"iss": "https://clerk.other.example"}, failed},
		"m2m without an issuer":         {m2m, nil, m2mClaims(), object{"iss": nil}, failed},
		"m2m of another algorithm":      {m2m, object{"alg": "RS512"}, m2mClaims(), nil, failed},
		"m2m of no algorithm":           {m2m, object{"alg": "none"}, m2mClaims(), nil, failed},
		"m2m with a line break in sub":  {m2m, nil, m2mClaims(), object{"sub": "mch_1\n"}, failed},
		"oauth":                         {oauth, nil, oauthClaims(), nil, ""},
		"oauth with the long type":      {oauth, object{"typ": "application/at+jwt"}, oauthClaims(), nil, ""},
		"oauth with the empty category": {oauth, object{"cat": wire.CategoryIgnore}, oauthClaims(), nil, ""},
		"oauth with a session category": {oauth, object{"cat": wire.CategorySession}, oauthClaims(), nil, wire.ReasonTokenInvalid},
		"oauth with m2m's category":     {oauth, object{"cat": wire.CategoryM2M}, oauthClaims(), nil, wire.ReasonTokenInvalid},
		"oauth expired":                 {oauth, nil, oauthClaims(), object{"exp": now - 5}, failed},
		"oauth without a subject":       {oauth, nil, oauthClaims(), object{"sub": nil}, failed},
		"oauth, subject is a number":    {oauth, nil, oauthClaims(), object{"sub": 1}, failed},
		"m2m scopes are a list":         {m2m, nil, m2mClaims(), object{"scopes": []string{"mch_2"}}, failed},
		"m2m audience is a number":      {m2m, nil, m2mClaims(), object{"scopes": nil, "aud": 5}, failed},
		"m2m audience holds a number":   {m2m, nil, m2mClaims(), object{"scopes": nil, "aud": []any{"mch_2", 5}}, failed},
		"m2m id is a number":            {m2m, nil, m2mClaims(), object{"jti": 5}, failed},
		"oauth scope is a number":       {oauth, nil, oauthClaims(), object{"scope": 5}, failed},
		"oauth scp holds a number":      {oauth, nil, oauthClaims(), object{"scp": []any{"email", 5}}, failed},
		"oauth client is an object":     {oauth, nil, oauthClaims(), object{"client_id": object{}}, failed},
		"J24 type in capitals":          {oauth, object{"typ": "AT+JWT"}, oauthClaims(), nil, wire.ReasonTokenInvalid},
		"J25 machine's category alone":  {m2m, object{"cat": wire.CategoryM2M}, oauthClaims(), nil, wire.ReasonTokenTypeMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, s := jwtConfig(t)
			tok := firstKey().sign(t, with(tt.header, tt.headerChanges), with(tt.claims, tt.claimChanges))
			got := ask(t, cfg, withToken(t, tok)).auth
			if got.Reason() != tt.want || (got.TokenType() != "") != (tt.want == "") {
				t.Errorf("%q, want %q", got.Reason(), tt.want)
			}
			if s.count() != 0 {
				t.Errorf("%d calls, want none", s.count())
			}
		})
	}
}

// TestMachineJWTFields reads what the claims become.
func TestMachineJWTFields(t *testing.T) {
	t.Parallel()
	end := machineNow.Add(time.Minute)
	m2m, oauth := object{"alg": "RS256", "kid": "i"}, object{"alg": "RS256", "kid": "i", "typ": "at+jwt"}
	for name, tt := range map[string]struct {
		header, claims object
		want           authctx.Machine
		custom         string
	}{
		"m2m":                    {m2m, m2mClaims(), authctx.Machine{ID: "mt_id", Subject: "mch_1", Scopes: []string{"mch_2", "mch_3"}, ExpiresAt: end}, `{"aud":["mch_2","mch_3"],"class":"gold","scopes":"mch_2 mch_3"}`},
		"m2m with audience only": {m2m, with(m2mClaims(), object{"scopes": nil, "class": nil}), authctx.Machine{ID: "mt_id", Subject: "mch_1", Scopes: []string{"mch_2", "mch_3"}, ExpiresAt: end}, `{"aud":["mch_2","mch_3"]}`},
		"m2m for one machine":    {m2m, with(m2mClaims(), object{"scopes": nil, "class": nil, "aud": "mch_2"}), authctx.Machine{ID: "mt_id", Subject: "mch_1", Scopes: []string{"mch_2"}, ExpiresAt: end}, `{"aud":"mch_2"}`},
		"m2m for nobody":         {m2m, with(m2mClaims(), object{"scopes": "", "class": nil}), authctx.Machine{ID: "mt_id", Subject: "mch_1", ExpiresAt: end}, `{"aud":["mch_2","mch_3"],"scopes":""}`},
		"m2m that says no more":  {m2m, with(m2mClaims(), object{"scopes": nil, "class": nil, "aud": nil, "jti": nil}), authctx.Machine{Subject: "mch_1", ExpiresAt: end}, "null"},
		"oauth":                  {oauth, oauthClaims(), authctx.Machine{ID: "oat_id", Subject: "user_2", ClientID: "client_1", Scopes: []string{"email", "profile"}, ExpiresAt: end}, "null"},
		"oauth with a list":      {oauth, with(oauthClaims(), object{"scope": nil, "scp": []string{"email"}}), authctx.Machine{ID: "oat_id", Subject: "user_2", ClientID: "client_1", Scopes: []string{"email"}, ExpiresAt: end}, "null"},
		"oauth list before text": {oauth, with(oauthClaims(), object{"scp": []string{"read"}}), authctx.Machine{ID: "oat_id", Subject: "user_2", ClientID: "client_1", Scopes: []string{"read"}, ExpiresAt: end}, "null"},
		"oauth, list of nothing": {oauth, with(oauthClaims(), object{"scp": []string{}}), authctx.Machine{ID: "oat_id", Subject: "user_2", ClientID: "client_1", ExpiresAt: end}, "null"},
		"oauth, spaces at odds":  {oauth, with(oauthClaims(), object{"scope": " email  profile "}), authctx.Machine{ID: "oat_id", Subject: "user_2", ClientID: "client_1", Scopes: []string{"email", "profile"}, ExpiresAt: end}, "null"},
		"R4 oauth, for an API and through somebody": {
			oauth, with(oauthClaims(), object{"aud": []string{"https://api.example.com"}, "act": object{"sub": "user_9", "iss": "https://dashboard.example.com"}}),
			authctx.Machine{
				ID: "oat_id", Subject: "user_2", ClientID: "client_1", Scopes: []string{"email", "profile"}, ExpiresAt: end,
				Audience: []string{"https://api.example.com"}, Actor: &wire.Actor{Sub: "user_9", Iss: "https://dashboard.example.com"},
			},
			"null",
		},
		"oauth without scopes": {oauth, with(oauthClaims(), object{"scope": nil}), authctx.Machine{ID: "oat_id", Subject: "user_2", ClientID: "client_1", ExpiresAt: end}, "null"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := jwtConfig(t)
			auth := ask(t, cfg, withToken(t, firstKey().sign(t, tt.header, tt.claims))).auth
			m := auth.Machine()
			if m == nil {
				t.Fatal(auth.Reason())
			}
			custom, _ := m.Claims.MarshalJSON()
			if string(custom) != tt.custom {
				t.Errorf("custom claims are %s, want %s", custom, tt.custom)
			}
			m.Claims = authctx.Claims{}
			if len(m.Scopes) == 0 {
				m.Scopes = nil
			}
			if diff := cmp.Diff(tt.want, *m, cmp.Comparer(func(authctx.Claims, authctx.Claims) bool { return true })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestMachineJWTSignature tries keys that are not the instance's.
func TestMachineJWTSignature(t *testing.T) {
	t.Parallel()
	header := object{"alg": "RS256", "kid": "ins_1"}
	good := firstKey().sign(t, header, m2mClaims())
	for name, tok := range map[string]string{
		"another key":     secondKey().sign(t, header, m2mClaims()),
		"no signature":    good[:len(good)-342],
		"other signature": good[:len(good)-8] + "AAAAAAAA",
	} {
		cfg, _ := jwtConfig(t)
		if got := ask(t, cfg, withToken(t, tok)).auth; got.Reason() != wire.ReasonTokenVerificationFailed || got.TokenType() != "" {
			t.Errorf("%s: %q", name, got.Reason())
		}
	}
}

// TestMachineJWTKeys takes keys from the key set: what is wrong with the token is told
// from what is wrong with the keys.
func TestMachineJWTKeys(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status  int
		body    string
		want    wire.Reason
		unknown bool
	}{
		"published":             {200, firstKey().jwks("ins_1"), "", false},
		"another kid":           {200, firstKey().jwks("ins_2"), wire.ReasonTokenVerificationFailed, false},
		"same kid, another key": {200, secondKey().jwks("ins_1"), wire.ReasonTokenVerificationFailed, false},
		"K03 broken":            {500, "", wire.ReasonJWKRemoteFailedToLoad, true},
		"K03 key refused":       {401, `{"errors":[{"code":"clerk_key_invalid"}]}`, wire.ReasonSecretKeyInvalid, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &machineService{answer: func(machineCall) (int, string) { return tt.status, tt.body }}
			cfg := machineConfig(t, s, wire.TokenM2M)
			cfg.JWTKey = ""
			got := ask(t, cfg, withToken(t, firstKey().sign(t, object{"alg": "RS256", "kid": "ins_1"}, m2mClaims()))).auth
			if got.Reason() != tt.want || got.Unknown() != tt.unknown {
				t.Errorf("%q, unknown %v", got.Reason(), got.Unknown())
			}
		})
	}
}

// TestMachineJWTWithoutKeys: with a machine secret alone no JWT can be verified, and nobody
// is asked for keys in vain.
func TestMachineJWTWithoutKeys(t *testing.T) {
	t.Parallel()
	s := &machineService{answer: func(machineCall) (int, string) { return 200, firstKey().jwks("ins_1") }}
	cfg := machineConfig(t, s, wire.TokenM2M)
	cfg.SecretKey, cfg.JWTKey = "", ""
	got := ask(t, cfg, withToken(t, firstKey().sign(t, object{"alg": "RS256", "kid": "ins_1"}, m2mClaims()))).auth
	if got.Reason() != wire.ReasonTokenVerificationFailed || got.TokenType() != "" || s.count() != 0 {
		t.Errorf("%q, %d calls", got.Reason(), s.count())
	}
}

// TestJ23_MachineJWTAudience: with the option a token must name one of the audiences, an
// OAuth token as well as a machine's, which names the machines it is meant for.
func TestJ23_MachineJWTAudience(t *testing.T) {
	t.Parallel()
	oauth, m2m := object{"alg": "RS256", "kid": "i", "typ": "at+jwt"}, object{"alg": "RS256", "kid": "i"}
	for name, tt := range map[string]struct {
		header, claims object
		want           wire.Reason
	}{
		"the audience":               {oauth, with(oauthClaims(), object{"aud": []string{"x", "api"}}), ""},
		"another":                    {oauth, with(oauthClaims(), object{"aud": "x"}), wire.ReasonTokenVerificationFailed},
		"none":                       {oauth, oauthClaims(), wire.ReasonTokenVerificationFailed},
		"it and the empty one":       {oauth, with(oauthClaims(), object{"aud": []string{"", "api"}}), wire.ReasonTokenVerificationFailed},
		"m2m for this machine":       {m2m, with(m2mClaims(), object{"aud": []string{"mch_2", "api"}}), ""},
		"m2m for this machine alone": {m2m, with(m2mClaims(), object{"aud": "api"}), ""},
		"m2m for other machines":     {m2m, m2mClaims(), wire.ReasonTokenVerificationFailed},
		"m2m for any, stricter":      {m2m, with(m2mClaims(), object{"aud": nil}), wire.ReasonTokenVerificationFailed},
	} {
		cfg, _ := jwtConfig(t)
		cfg.Audience = []string{"api"}
		if got := ask(t, cfg, withToken(t, firstKey().sign(t, tt.header, tt.claims))).auth; got.Reason() != tt.want {
			t.Errorf("%s: %q, want %q", name, got.Reason(), tt.want)
		}
	}
}

// TestJ25_MachineJWTIsNoSession presents machine tokens where only sessions are accepted,
// in the header and in the cookie, and session tokens where only machines are.
func TestJ25_MachineJWTIsNoSession(t *testing.T) {
	t.Parallel()
	m2m := firstKey().sign(t, object{"alg": "RS256", "kid": "i"}, with(m2mClaims(), object{"sid": "sess_1", "azp": "http://example.com"}))
	oauth := firstKey().sign(t, object{"alg": "RS256", "kid": "i", "typ": "at+jwt"}, with(oauthClaims(), object{"sid": "sess_1", "azp": "http://example.com"}))
	person := firstKey().sign(t, object{"alg": "RS256", "kid": "i", "typ": "JWT"}, with(oauthClaims(), object{"sid": "sess_1", "azp": "http://example.com"}))
	for name, tt := range map[string]struct {
		token  string
		types  []wire.TokenType
		cookie bool
		want   string
	}{
		"m2m in the header":              {m2m, nil, false, "signed-out token-type-mismatch"},
		"m2m in the cookie":              {m2m, nil, true, "signed-out token-type-mismatch"},
		"oauth in the header":            {oauth, nil, false, "signed-out token-type-mismatch"},
		"oauth in the cookie":            {oauth, nil, true, "signed-out token-type-mismatch"},
		"m2m in the cookie, any":         {m2m, []wire.TokenType{wire.TokenAny}, true, "signed-out token-type-mismatch"},
		"a session where it may be":      {person, nil, false, "signed-in user_2"},
		"a session, any":                 {person, []wire.TokenType{wire.TokenAny}, false, "signed-in user_2"},
		"a session among machines":       {person, []wire.TokenType{wire.TokenM2M}, false, "signed-out token-type-mismatch"},
		"a session among several others": {person, []wire.TokenType{wire.TokenM2M, wire.TokenAPIKey}, false, "signed-out token-type-mismatch"},
	} {
		cfg, _ := jwtConfig(t)
		cfg.AcceptsToken = tt.types
		req := withToken(t, tt.token)
		if tt.cookie {
			req, _ = http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			session(tt.token, machineNow.Unix())(req)
		}
		a, err := authctx.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time with whatever was remembered
			if got := askWith(a, req).outcome(); !strings.HasPrefix(got, tt.want) {
				t.Errorf("%s: %q, want %q", name, got, tt.want)
			}
		}
	}
}
