package conformance

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

// check is what has() is asked (protocol reference 5.2), spelled as the reference spells it;
// what is nil is not asked.
type check struct {
	Role           *string `json:"role,omitempty"`
	Permission     *string `json:"permission,omitempty"`
	Feature        *string `json:"feature,omitempty"`
	Plan           *string `json:"plan,omitempty"`
	Reverification any     `json:"reverification,omitempty"` // a preset's name, or a rule
}

type rule struct {
	Level        string  `json:"level"`
	AfterMinutes float64 `json:"afterMinutes"`
}

// addChecks asks for one thing or two, mostly for something that tokens have.
func addChecks(r *rand.Rand, q *question) {
	for range 4 {
		var c check
		for range 1 + r.IntN(5)/4 {
			c.add(r)
		}
		q.checks = append(q.checks, c)
	}
}

func (c *check) add(r *rand.Rand) {
	word := func(list ...string) *string { s := pick(r, list...); return &s }
	switch r.IntN(5) {
	case 0:
		c.Role = word("admin", "org:admin", "org:admin", "member", "org:org:admin", "org:", "", "Admin", "admin ", "x:admin", "org:x:admin")
	case 1:
		c.Permission = word("a:read", "org:a:read", "org:b:write", "dashboard:manage", "org:dashboard:read", "org:teams:manage", "teams:read", "org:org:teams:read",
			"x:read", "a:r", "b:w", "a:p70", "org:dashboard:p0", "org:", "", "a", ":r", "org:a:read ", "org:A:read")
	case 2:
		c.Feature = word("dashboard", "o:dashboard", "org:teams", "organization:teams", "teams", "user:teams", "x", "u:x", "user:x", "org:x", "a", "b", "z:a", "", ":", "org:", ":a", "o:a:b", "a:b",
			"ou:dashboard", "dashboard ", "constructor")
	case 3:
		c.Plan = word("pro", "o:pro", "org:pro", "user:pro", "free", "u:free", "user:free", "o:free", "x:pro", "", "u:", "pro:x", "o")
	case 4:
		if chance(r, 50) {
			c.Reverification = pick(r, "strict_mfa", "strict", "moderate", "lax", "lax", "Lax", "none", "constructor")
			return
		}
		level := pick(r, "first_factor", "second_factor", "multi_factor", "multi_factor", "third_factor", "")
		c.Reverification = rule{level, pick(r, 1, 5, 6, 20, 21, 0, -1, 0.5, 1e6, 1000001)}
	}
}

// requirements are c as this library spells it.
func (c check) requirements() (all []authctx.Requirement) {
	for _, part := range []struct {
		asked *string
		make  func(string) authctx.Requirement
	}{{c.Role, authctx.Role}, {c.Permission, authctx.Permission}, {c.Feature, authctx.Feature}, {c.Plan, authctx.Plan}} {
		if part.asked != nil {
			all = append(all, part.make(*part.asked))
		}
	}
	switch asked := c.Reverification.(type) {
	case string:
		all = append(all, authctx.Reverification(authctx.Preset(asked)))
	case rule:
		limit := time.Duration(asked.AfterMinutes * float64(time.Minute))
		all = append(all, authctx.ReverificationWithin(wire.Level(asked.Level), limit))
	}
	return all
}

// has answers all checks.
func (q *question) has(a *authctx.Auth) []bool {
	out := make([]bool, len(q.checks))
	for i, c := range q.checks {
		out[i] = a.Has(c.requirements()...)
	}
	return out
}

// deny makes the answers of o to the checks that which picks negative.
func (q *question) deny(o *outcome, which func(check) bool) {
	for i, c := range q.checks {
		if i < len(o.Has) && which(c) {
			o.Has[i] = false
		}
	}
}

// plainNames asks for what nobody has in place of features and plans that are none.
func plainNames(_ *keyring, q *question) bool {
	found := false
	q.checks = slices.Clone(q.checks)
	for i := range q.checks {
		for _, asked := range []**string{&q.checks[i].Feature, &q.checks[i].Plan} {
			if *asked == nil {
				continue
			}
			scope, name, ok := strings.Cut(**asked, ":")
			if ok && (name == "" || strings.Contains(name, ":")) || !ok && scope == "" {
				none := "nothing"
				*asked, found = &none, true
			}
		}
	}
	return found
}
