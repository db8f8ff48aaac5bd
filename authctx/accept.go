package authctx

import (
	"slices"

	"github.com/usherauth/usher/wire"
)

// Accept lets machine tokens of the named kinds pass a guard or [Auth.Has], which are for
// sessions otherwise. It replaces that rule, so sessions pass only when [wire.TokenSession] is
// named too. The kinds must also be in Config.AcceptsToken, or such requests are refused
// before they get here. It counts at the top level, not inside [Any].
//
//	authctx.RequireAPI(authctx.Accept(wire.TokenAPIKey), authctx.Scope("invoices:read"))
//
//	authctx.RequireAPI(authctx.Accept(wire.TokenSession, wire.TokenAPIKey),
//		authctx.Any(authctx.Role("org:admin"), authctx.Scope("invoices:read")))
func Accept(types ...wire.TokenType) Requirement { return accept(slices.Clone(types)) }

type accept tokenTypes

func (t accept) met(a *Auth) bool {
	kind := a.TokenType()
	return kind != "" && tokenTypes(t).accept(kind)
}

// Scope requires a machine token with that scope, spelled exactly. Sessions have no
// scopes.
func Scope(scope string) Requirement {
	return requirement(func(a *Auth) bool {
		return scope != "" && a.machine != nil && slices.Contains(a.machine.Scopes, scope)
	})
}

// presents reports that a is of a kind that reqs are about, whatever else they ask: a
// session, unless Accept says otherwise. Only then does a failure mean "forbidden";
// anybody else counts as not having identified themselves.
func (a *Auth) presents(reqs []Requirement) bool {
	named := false
	for _, r := range reqs {
		t, ok := r.(accept)
		if ok && !t.met(a) {
			return false
		}
		named = named || ok
	}
	return named || a.SignedIn()
}
