package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestGuardsAndMachines: a machine token passes a guard only where the guard says so. One
// of a kind that the guard is not about is 401, one that lacks a scope 403, and one that
// could not be checked 503.
func TestGuardsAndMachines(t *testing.T) {
	t.Parallel()
	type reqs = []authctx.Requirement
	key, session := authctx.Accept(wire.TokenAPIKey), authctx.Accept(wire.TokenSession)
	both := authctx.Accept(wire.TokenSession, wire.TokenAPIKey)
	for name, tt := range map[string]struct {
		reqs                             reqs
		person, apiKey, machine, unknown int
	}{
		"nothing asked":          {nil, 200, 401, 401, 503},
		"a role":                 {reqs{authctx.Role("admin")}, 200, 401, 401, 503},
		"a scope alone":          {reqs{authctx.Scope("read")}, 403, 401, 401, 503},
		"API keys":               {reqs{key}, 401, 200, 401, 503},
		"API keys that may read": {reqs{key, authctx.Scope("read")}, 401, 200, 401, 503},
		"the other way round":    {reqs{authctx.Scope("read"), key}, 401, 200, 401, 503},
		"keys that may write":    {reqs{key, authctx.Scope("write")}, 401, 403, 401, 503},
		"the empty scope":        {reqs{key, authctx.Scope("")}, 401, 403, 401, 503},
		"keys with a role":       {reqs{key, authctx.Role("admin")}, 401, 403, 401, 503},
		"sessions, by name":      {reqs{session}, 200, 401, 401, 503},
		"sessions or keys":       {reqs{both}, 200, 200, 401, 503},
		"admins or keys that read": {
			reqs{both, authctx.Any(authctx.Role("admin"), authctx.Scope("read"))}, 200, 200, 401, 503,
		},
		"admins or keys that write": {
			reqs{both, authctx.Any(authctx.Role("admin"), authctx.Scope("write"))}, 200, 403, 401, 503,
		},
		"anything":                 {reqs{authctx.Accept(wire.TokenAny)}, 200, 200, 200, 503},
		"two that exclude another": {reqs{key, session}, 401, 401, 401, 503},
		"accepted inside Any":      {reqs{authctx.Any(key)}, 403, 401, 401, 503},
		"no kind at all":           {reqs{authctx.Accept()}, 401, 401, 401, 503},
		"nil":                      {reqs{nil}, 403, 401, 401, 503},
		"keys and nil":             {reqs{key, nil}, 401, 403, 401, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := accepting(t, &machineService{answer: func(c machineCall) (int, string) {
				if c.token == "ak_down" {
					return 500, `{}`
				}
				return answers200(c)
			}}, wire.TokenAny)
			person := authtest.NewRequest(t, "GET", "/", authtest.At(machineNow), authtest.Org("org_1", "org:admin"))
			for who, want := range map[string]struct {
				req  *http.Request
				want int
			}{
				"person": {person, tt.person}, "API key": {withToken(t, "ak_1"), tt.apiKey},
				"machine": {withToken(t, "mt_1"), tt.machine}, "unknown": {withToken(t, "ak_down"), tt.unknown},
			} {
				rec := httptest.NewRecorder()
				ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
				a.Handler(authctx.RequireAPI(tt.reqs...)(ok)).ServeHTTP(rec, want.req)
				if rec.Code != want.want {
					t.Errorf("%s: %d, want %d", who, rec.Code, want.want)
				}
			}
		})
	}
}

// TestPagesAreForPeople: a page guard sends an API key to the sign-in page, unless asked.
func TestPagesAreForPeople(t *testing.T) {
	t.Parallel()
	a := accepting(t, &machineService{answer: answers200}, wire.TokenAny)
	for name, tt := range map[string]struct {
		reqs []authctx.Requirement
		want int
	}{
		"by default": {nil, http.StatusSeeOther},
		"when asked": {[]authctx.Requirement{authctx.Accept(wire.TokenAPIKey)}, http.StatusOK},
	} {
		rec := httptest.NewRecorder()
		ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
		a.Handler(authctx.RequirePage(tt.reqs...)(ok)).ServeHTTP(rec, withToken(t, "ak_1"))
		if rec.Code != tt.want {
			t.Errorf("%s: %d, want %d", name, rec.Code, tt.want)
		}
	}
}

// TestAcceptWithoutConfiguration: a guard cannot let in what the configuration keeps out.
func TestAcceptWithoutConfiguration(t *testing.T) {
	t.Parallel()
	s := &machineService{answer: answers200}
	rec := httptest.NewRecorder()
	h := authctx.RequireAPI(authctx.Accept(wire.TokenAPIKey))(http.NotFoundHandler())
	accepting(t, s).Handler(h).ServeHTTP(rec, withToken(t, "ak_1"))
	if rec.Code != http.StatusUnauthorized || s.count() != 0 {
		t.Errorf("%d, %d calls", rec.Code, s.count())
	}
}

// TestAcceptOnNobody asks who is not there.
func TestAcceptOnNobody(t *testing.T) {
	t.Parallel()
	var nobody *authctx.Auth
	for name, req := range map[string]authctx.Requirement{
		"accept": authctx.Accept(wire.TokenAny), "scope": authctx.Scope("read"), "any": authctx.Any(authctx.Scope("read")),
	} {
		if nobody.Has(req) {
			t.Errorf("%s is met by nobody", name)
		}
	}
}
