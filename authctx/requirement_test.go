package authctx_test

import (
	"encoding/json"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

func identity(t *testing.T, opts ...authtest.Option) *authctx.Auth {
	t.Helper()
	return authctx.FromContext(authtest.Context(t, opts...))
}

// TestHas holds protocol reference 11.4.
func TestHas(t *testing.T) {
	t.Parallel()
	a := identity(t, authtest.Org("org_1", "org:admin", "org:a:read"),
		authtest.Claim("fea", "o:a,u:f2,ou:f3,o:f1"), authtest.Claim("pla", "o:pro,u:free"), authtest.Claim("fva", []int{5, -1}))
	for name, tt := range map[string]struct {
		req  authctx.Requirement
		want bool
	}{
		"role without prefix":         {authctx.Role("admin"), true},
		"role with two prefixes":      {authctx.Role("org:org:admin"), true},
		"another role":                {authctx.Role("member"), false},
		"no role at all":              {authctx.Role(""), false},
		"permission without prefix":   {authctx.Permission("a:read"), true},
		"another permission":          {authctx.Permission("a:write"), false},
		"no permission at all":        {authctx.Permission(""), false},
		"feature of the organisation": {authctx.Feature("f1"), true},
		"feature by scope":            {authctx.Feature("organization:f1"), true},
		"feature of the user":         {authctx.Feature("u:f2"), true},
		"feature of either":           {authctx.Feature("f3"), true},
		"feature in the wrong scope":  {authctx.Feature("user:f1"), false},
		"feature in no scope":         {authctx.Feature("x:f1"), false},
		"plan":                        {authctx.Plan("pro"), true},
		"plan of the user":            {authctx.Plan("user:free"), true},
		"plan in the wrong scope":     {authctx.Plan("org:free"), false},
		"no plan at all":              {authctx.Plan(""), false},
		"reverified strictly":         {authctx.Reverification(authctx.Strict), true},
		"reverified with two factors": {authctx.Reverification(authctx.StrictMFA), true},
		"an unknown preset":           {authctx.Reverification("none"), false},
		"any of two":                  {authctx.Any(authctx.Role("member"), authctx.Role("admin")), true},
		"any of none":                 {authctx.Any(), false},
		"nil":                         {nil, false},
	} {
		if got := a.Has(tt.req); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// TestM06_WordsOfClaims: what is granted is what a claim says, word for word. Scopes to come
// do not take away what else is granted; what is no list grants nothing.
func TestM06_WordsOfClaims(t *testing.T) {
	t.Parallel()
	v1 := map[string]any{"v": nil, "o": nil, "org_id": "org_1", "org_role": "org:admin", "org_permissions": []string{"org:a:read", "b:write", "org:org:c:r"}}
	for _, tt := range []struct {
		claims map[string]any
		req    authctx.Requirement
		want   bool
	}{
		{map[string]any{"fea": "z:x,o:a,oz:b"}, authctx.Feature("a"), true},
		{map[string]any{"fea": "z:x,o:a,oz:b"}, authctx.Feature("x"), false},
		{map[string]any{"fea": "z:x,o:a,oz:b"}, authctx.Feature("b"), false},
		{map[string]any{"fea": "O:a, u:u:x"}, authctx.Feature("a"), false},
		{map[string]any{"fea": "O:a, u:b"}, authctx.Feature("u:b"), true},
		{map[string]any{"fea": "o:,u:"}, authctx.Feature(""), false},
		{map[string]any{"fea": "o:org,u:user"}, authctx.Feature("org:"), false},
		{map[string]any{"fea": "o:a:b"}, authctx.Feature("o:a:b"), false},
		{map[string]any{"fea": "o:a"}, authctx.Feature("o:a:b"), false},
		{map[string]any{"pla": "x:pro, ou:free"}, authctx.Plan("user:free"), true},
		{map[string]any{"pla": "u:pro,"}, authctx.Plan("pro"), false},
		{map[string]any{"pla": "pro"}, authctx.Plan("pro"), false},
		{v1, authctx.Permission("a:read"), true},
		{v1, authctx.Permission("b:write"), false},
		{v1, authctx.Permission("org:b:write"), false},
		{v1, authctx.Permission("c:r"), false},
	} {
		var opts []authtest.Option
		for name, value := range tt.claims {
			opts = append(opts, authtest.Claim(name, value))
		}
		if got := identity(t, opts...).Has(tt.req); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.claims, got, tt.want)
		}
	}
}

func TestM11_Reverification(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fva               any
		strict, strictMFA bool
	}{
		"second factor too old": {[]int{5, 20}, false, false},
		"first factor too old":  {[]int{20, 5}, true, false},
		"only a second factor":  {[]int{-1, 3}, true, false},
		"neither":               {[]int{-1, -1}, false, false},
		"exactly at the limit":  {[]int{10, -1}, false, false},
		"missing":               {nil, false, false},
		"one age":               {[]int{1}, false, false},
		"a negative age":        {[]int{0, -2}, false, false},
		"ages that are strings": {[]string{"0", "0"}, false, false},
		"a number":              {5, false, false},
		"no ages":               {[]any{nil, nil}, false, false},
		"ages with fractions":   {[]float64{0.5, 0.5}, false, false},
		"three ages":            {[]int{0, 0, 0}, false, false},
		"ages within ages":      {[][]int{{0}, {0}}, false, false},
		"an endless age":        {json.RawMessage("[0,99999999999999999999]"), false, false},
		"nothing else":          {json.RawMessage("[]"), false, false},
		"whole numbers":         {json.RawMessage("[5.0,1e0]"), true, true},
		"white space":           {json.RawMessage("[ 0 ,\t0\n]"), true, true},
	} {
		a := identity(t, authtest.Claim("fva", tt.fva))
		if got := a.Has(authctx.Reverification(authctx.Strict)); got != tt.strict {
			t.Errorf("%s: strict %v, want %v", name, got, tt.strict)
		}
		if got := a.Has(authctx.Reverification(authctx.StrictMFA)); got != tt.strictMFA {
			t.Errorf("%s: strict_mfa %v, want %v", name, got, tt.strictMFA)
		}
	}
}

// TestM06_CombinedChecksAllHold tries every combination of four dimensions that hold or
// do not: the whole passes only when each does.
func TestM06_CombinedChecksAllHold(t *testing.T) {
	t.Parallel()
	for bits := range 16 {
		holds := func(i int) bool { return bits>>i&1 == 1 }
		opts := []authtest.Option{authtest.Claim("fva", nil), authtest.Claim("o", map[string]any{"id": "org_1", "rol": "member"})}
		if holds(0) {
			opts = append(opts, authtest.Claim("o", map[string]any{"id": "org_1", "rol": "admin"}))
		}
		if holds(1) {
			opts = append(opts, authtest.Claim("fea", "o:f"))
		}
		if holds(2) {
			opts = append(opts, authtest.Claim("pla", "o:p"))
		}
		if holds(3) {
			opts = append(opts, authtest.Claim("fva", []int{0, -1}))
		}
		got := identity(t, opts...).Has(authctx.Role("admin"), authctx.Feature("f"), authctx.Plan("p"), authctx.Reverification(authctx.Strict))
		if got != (bits == 15) {
			t.Errorf("combination %04b: %v", bits, got)
		}
	}
}

func TestHasWhenSignedOut(t *testing.T) {
	t.Parallel()
	var none *authctx.Auth
	if none.Has() || none.Has(authctx.Any(authctx.Role("admin"))) {
		t.Error("nobody has something")
	}
	if !identity(t).Has() {
		t.Error("signed in without requirements is not enough")
	}
}
