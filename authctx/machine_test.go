package authctx_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestAcceptsToken holds protocol reference 4.4, parts A to C: which kinds of tokens each
// configuration lets decide, with valid session cookies in every request.
func TestAcceptsToken(t *testing.T) {
	t.Parallel()
	session := authtest.Token(t, authtest.At(machineNow))
	const (
		mismatch = "signed-out token-type-mismatch"
		noToken  = "signed-out No token in header"
		person   = "signed-in session_token"
	)
	kinds := []wire.TokenType{wire.TokenSession, wire.TokenAPIKey, wire.TokenM2M, wire.TokenOAuth}
	tokens := map[string]string{"nothing": "", "session": session, "api key": "ak_1", "m2m": "mt_1", "oauth": "oat_1", "garbage": "x"}
	for name, tt := range map[string]struct {
		types []wire.TokenType
		want  map[string]string
	}{
		"sessions, by default": {nil, map[string]string{
			"nothing": person, "session": person, "api key": "signed-out token-invalid", "m2m": "signed-out token-invalid",
			"oauth": "signed-out token-invalid", "garbage": "signed-out token-invalid",
		}},
		"sessions by name": {kinds[:1], map[string]string{"nothing": person, "session": person, "api key": "signed-out token-invalid"}},
		"API keys": {kinds[1:2], map[string]string{
			"nothing": noToken, "session": mismatch, "api key": "signed-in api_key", "m2m": mismatch, "oauth": mismatch, "garbage": mismatch,
		}},
		"machine to machine": {kinds[2:3], map[string]string{"nothing": noToken, "session": mismatch, "api key": mismatch, "m2m": "signed-in m2m_token"}},
		"OAuth":              {kinds[3:], map[string]string{"nothing": noToken, "session": mismatch, "oauth": "signed-in oauth_token", "api key": mismatch}},
		"several machines":   {kinds[1:3], map[string]string{"nothing": mismatch, "session": mismatch, "api key": "signed-in api_key", "oauth": mismatch}},
		"sessions and API keys": {kinds[:2], map[string]string{
			"nothing": person, "session": person, "api key": "signed-in api_key", "m2m": mismatch, "garbage": "signed-out token-invalid",
		}},
		"any": {[]wire.TokenType{wire.TokenAny}, map[string]string{
			"nothing": person, "session": person, "api key": "signed-in api_key", "m2m": "signed-in m2m_token", "oauth": "signed-in oauth_token",
			"garbage": "signed-out token-invalid",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := accepting(t, &machineService{answer: answers200}, tt.types...)
			for tok, want := range tt.want {
				s := a.Authenticate(withToken(t, tokens[tok]))
				got := strings.TrimSpace(s.Status + " " + string(s.Reason) + string(s.Auth.TokenType()))
				if got != want {
					t.Errorf("%s: %q, want %q", tok, got, want)
				}
			}
		})
	}
}

// TestMachineEndpoints checks the addresses, bodies and secrets of protocol reference 5.5.
func TestMachineEndpoints(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		token  string
		secret string // MachineSecretKey
		want   machineCall
	}{
		"API key":                    {"ak_1", "m", machineCall{"POST https://api.clerk.com/api_keys/verify", "sk_live_app", "secret", "ak_1"}},
		"OAuth token":                {"oat_1", "m", machineCall{"POST https://api.clerk.com/oauth_applications/access_tokens/verify", "sk_live_app", "access_token", "oat_1"}},
		"machine token":              {"mt_1", "m", machineCall{"POST https://api.clerk.com/m2m_tokens/verify", "m", "token", "mt_1"}},
		"machine token, one secret":  {"mt_1", "", machineCall{"POST https://api.clerk.com/m2m_tokens/verify", "sk_live_app", "token", "mt_1"}},
		"API key with padding chars": {"ak_a-b.c_d~e+f/g=", "m", machineCall{"POST https://api.clerk.com/api_keys/verify", "sk_live_app", "secret", "ak_a-b.c_d~e+f/g="}},
	} {
		s := &machineService{answer: answers200}
		cfg := machineConfig(t, s, wire.TokenAny)
		cfg.MachineSecretKey = tt.secret
		if got := ask(t, cfg, withToken(t, tt.token)); got.auth.TokenType() == "" {
			t.Errorf("%s: %s", name, got.auth.Reason())
		}
		if diff := cmp.Diff([]machineCall{tt.want}, s.calls, cmp.AllowUnexported(machineCall{})); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestMachineAuth reads every field of each kind's answer.
func TestMachineAuth(t *testing.T) {
	t.Parallel()
	end := machineNow.Add(time.Hour)
	for name, tt := range map[string]struct {
		token, answer   string
		want            authctx.Machine
		userID, orgID   string
		claims          string
		kind            wire.TokenType
		claimNamedClass string
	}{
		"a user's API key": {
			token:  "ak_1",
			answer: `{"object":"api_key","id":"ak_id","name":"Build","subject":"user_1","scopes":["read","write"],"claims":{"class":"gold"},"client_id":"no","revoked":false,"expired":false,"expiration":1800003600000,"last_used_at":null}`,
			want:   authctx.Machine{ID: "ak_id", Subject: "user_1", Name: "Build", Scopes: []string{"read", "write"}, ExpiresAt: end},
			userID: "user_1", claims: `{"class":"gold"}`, kind: wire.TokenAPIKey, claimNamedClass: "gold",
		},
		"an organisation's API key": {
			token:  "ak_2",
			answer: `{"id":"ak_id","name":"CI","subject":"org_1","scopes":[],"claims":null,"expiration":null}`,
			want:   authctx.Machine{ID: "ak_id", Subject: "org_1", Name: "CI"},
			orgID:  "org_1", claims: "null", kind: wire.TokenAPIKey,
		},
		"an API key of something else": {
			token: "ak_3", answer: `{"id":"ak_id","subject":"thing_1","claims":[1],"scopes":[1]}`,
			want: authctx.Machine{ID: "ak_id", Subject: "thing_1"}, claims: "null", kind: wire.TokenAPIKey,
		},
		"an API key with one scope": {
			token: "ak_4", answer: `{"id":"ak_id","subject":"thing_1","scopes":"read"}`,
			want: authctx.Machine{ID: "ak_id", Subject: "thing_1", Scopes: []string{"read"}}, claims: "null", kind: wire.TokenAPIKey,
		},
		"a machine": {
			token:  "mt_1",
			answer: `{"id":"mt_id","subject":"mch_1","scopes":["mch_2"],"claims":{"class":"x"},"name":"no","client_id":"no","revoked":false,"expired":false,"expiration":1800003600000}`,
			want:   authctx.Machine{ID: "mt_id", Subject: "mch_1", Scopes: []string{"mch_2"}, ExpiresAt: end},
			claims: `{"class":"x"}`, kind: wire.TokenM2M, claimNamedClass: "x",
		},
		"an OAuth client": {
			token:  "oat_1",
			answer: `{"id":"oat_id","client_id":"client_1","type":"oauth:access_token","subject":"user_2","scopes":["email"],"claims":{"class":"no"},"name":"no","revoked":false,"expired":false,"expiration":1800003600000}`,
			want:   authctx.Machine{ID: "oat_id", Subject: "user_2", ClientID: "client_1", Scopes: []string{"email"}, ExpiresAt: end},
			userID: "user_2", claims: "null", kind: wire.TokenOAuth,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &machineService{answer: func(machineCall) (int, string) { return 200, tt.answer }}
			auth := accepting(t, s, wire.TokenAny).Authenticate(withToken(t, tt.token)).Auth
			m := auth.Machine()
			if m == nil {
				t.Fatalf("refused: %s", auth.Reason())
			}
			claims, _ := m.Claims.MarshalJSON()
			if string(claims) != tt.claims || m.Claims.String("class") != tt.claimNamedClass {
				t.Errorf("claims are %s", claims)
			}
			got := *m
			got.Claims = authctx.Claims{}
			if len(got.Scopes) == 0 {
				got.Scopes = nil
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(authctx.Claims{}), cmp.Comparer(func(a, b authctx.Claims) bool { return a.String("class") == b.String("class") })); diff != "" {
				t.Error(diff)
			}
			if auth.UserID() != tt.userID || auth.OrgID() != tt.orgID || auth.TokenType() != tt.kind || auth.Token() != tt.token {
				t.Errorf("user %q, organisation %q, %s, token %q", auth.UserID(), auth.OrgID(), auth.TokenType(), auth.Token())
			}
			if auth.SessionID()+auth.Status()+auth.OrgRole()+string(auth.Reason()) != "" || auth.SignedIn() || auth.Unknown() {
				t.Error("a machine looks like a session")
			}
		})
	}
}

// TestMachineIsACopy: what one reader changes no other sees.
func TestMachineIsACopy(t *testing.T) {
	t.Parallel()
	auth := accepting(t, &machineService{answer: answers200}, wire.TokenAPIKey).Authenticate(withToken(t, "ak_1")).Auth
	auth.Machine().Subject = "user_2"
	if got := auth.Machine().Subject; got != "user_1" {
		t.Errorf("subject is now %s", got)
	}
}

// TestNobodyIsNoMachine asks those who are not there.
func TestNobodyIsNoMachine(t *testing.T) {
	t.Parallel()
	out := authctx.FromContext(authtest.Context(t, authtest.SignedOut()))
	in := authctx.FromContext(authtest.Context(t))
	var none *authctx.Auth
	for name, tt := range map[string]struct {
		auth *authctx.Auth
		kind wire.TokenType
	}{"nil": {none, ""}, "signed out": {out, ""}, "signed in": {in, wire.TokenSession}} {
		if tt.auth.Machine() != nil || tt.auth.TokenType() != tt.kind {
			t.Errorf("%s: machine %v, kind %q", name, tt.auth.Machine(), tt.auth.TokenType())
		}
	}
}

// TestMachineConfig lists what New refuses.
func TestMachineConfig(t *testing.T) {
	t.Parallel()
	type change = func(*authctx.Config)
	for name, tt := range map[string]struct {
		change change
		want   string // part of the error, "" for none
	}{
		"an unknown kind":               {func(c *authctx.Config) { c.AcceptsToken = []wire.TokenType{"cookie"} }, "not a kind of token"},
		"API keys without a secret key": {func(c *authctx.Config) { c.SecretKey = "" }, "set SecretKey"},
		"machines without any secret": {func(c *authctx.Config) {
			c.AcceptsToken, c.SecretKey, c.MachineSecretKey = []wire.TokenType{wire.TokenM2M}, "", ""
		}, "set MachineSecretKey"},
		"machines with theirs": {func(c *authctx.Config) {
			c.AcceptsToken, c.SecretKey = []wire.TokenType{wire.TokenM2M}, ""
		}, ""},
		"machines alone need no key of the instance": {func(c *authctx.Config) {
			c.AcceptsToken, c.SecretKey, c.JWTKey = []wire.TokenType{wire.TokenM2M}, "", ""
		}, ""},
		"machines and sessions do": {func(c *authctx.Config) {
			c.AcceptsToken, c.SecretKey, c.JWTKey = []wire.TokenType{wire.TokenM2M, wire.TokenSession}, "", ""
		}, "SecretKey and JWTKey are both empty"},
		"a secret with a line break": {func(c *authctx.Config) { c.MachineSecretKey = "x\n" }, "white space"},
		"sessions need no secret":    {func(c *authctx.Config) { c.AcceptsToken, c.SecretKey, c.MachineSecretKey = nil, "", "" }, ""},
	} {
		cfg := machineConfig(t, &machineService{answer: refuses}, wire.TokenAPIKey)
		tt.change(&cfg)
		_, err := authctx.New(cfg)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "sk_live_app") {
			t.Errorf("%s: the error quotes the key", name)
		}
	}
}

// TestMachineGivesNoSession looks for a machine token in everything a page shows of a
// session: the browser's first state stays that of somebody signed out.
func TestMachineGivesNoSession(t *testing.T) {
	t.Parallel()
	auth := accepting(t, &machineService{answer: answers200}, wire.TokenAPIKey).Authenticate(withToken(t, "ak_secret1")).Auth
	ctx := authctx.NewContext(t.Context(), auth)
	state, _ := decodeProps(t, authctx.BuildAuthProps(ctx, authctx.WithUser(&wire.User{ID: "user_1"})))
	if state["isAuthenticated"] != false || state["userId"] != nil || state["user"] != nil || state["tokenType"] != "session_token" {
		t.Errorf("state is %v", state)
	}
	raw, _ := authctx.BuildAuthProps(ctx).MarshalJSON()
	if strings.Contains(string(raw), "ak_secret1") || strings.Contains(string(raw), "user_1") {
		t.Errorf("the page tells of the key: %s", raw)
	}
}

// TestJ24_SessionCookieHoldsNoMachine puts machine tokens where a session belongs: the
// service is not asked, whatever is accepted in the header.
func TestJ24_SessionCookieHoldsNoMachine(t *testing.T) {
	t.Parallel()
	for _, tok := range []string{"ak_1", "mt_1", "oat_1"} {
		for _, types := range [][]wire.TokenType{{wire.TokenAny}, {wire.TokenAPIKey}, {wire.TokenSession, wire.TokenM2M}, nil} {
			s := &machineService{answer: answers200}
			req := authtest.NewRequest(t, http.MethodGet, "/", authtest.SignedOut())
			session(tok, machineNow.Unix())(req)
			got := accepting(t, s, types...).Authenticate(req)
			if got.Auth.TokenType() != "" || s.count() != 0 {
				t.Errorf("%s in the cookie, %v accepted: %s, %d calls", tok, types, got.Status, s.count())
			}
		}
	}
}

// TestJ30_MachineTokenDecidesAlone: a bad key is not made good by good cookies.
func TestJ30_MachineTokenDecidesAlone(t *testing.T) {
	t.Parallel()
	a := accepting(t, &machineService{answer: refuses}, wire.TokenAny)
	got := askWith(a, withToken(t, "ak_bad"))
	if out := got.outcome(); out != "signed-out token-invalid" {
		t.Error(out)
	}
	if vary := got.Header.Values("Vary"); !slices.Contains(strings.Split(strings.Join(vary, ", "), ", "), "Authorization") {
		t.Errorf("Vary is %q", vary)
	}
}
