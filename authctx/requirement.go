package authctx

import (
	"slices"
	"strings"
)

// Requirement is something a signed-in user must have. Requirements are made by the
// functions of this package only; none of them passes when the token leaves it open
// (protocol reference 5.2).
type Requirement interface{ met(*Auth) bool }

type requirement func(*Auth) bool

func (f requirement) met(a *Auth) bool { return f(a) }

// Has reports whether somebody is signed in and meets every requirement; without any it
// is [Auth.SignedIn]. Machine tokens meet nothing unless [Accept] is among reqs. It never
// panics, and a nil requirement is not met.
func (a *Auth) Has(reqs ...Requirement) bool {
	if !a.presents(reqs) {
		return false
	}
	for _, r := range reqs {
		if r == nil || !r.met(a) {
			return false
		}
	}
	return true
}

// Any is met when at least one of reqs is. Without reqs it is never met.
func Any(reqs ...Requirement) Requirement {
	return requirement(func(a *Auth) bool {
		for _, r := range reqs {
			if r != nil && r.met(a) {
				return true
			}
		}
		return false
	})
}

// Role requires a role in the active organisation, "org:admin" or "admin" for short.
func Role(role string) Requirement {
	want := withOrgPrefix(role)
	return requirement(func(a *Auth) bool {
		return want != orgPrefix && a.org.ID != "" && a.org.Role != "" && withOrgPrefix(a.org.Role) == want
	})
}

// Permission requires a permission in the active organisation,
// "org:invoices:create" or "invoices:create" for short.
func Permission(permission string) Requirement {
	want := withOrgPrefix(permission)
	return requirement(func(a *Auth) bool {
		return want != orgPrefix && a.org.ID != "" && slices.Contains(a.org.Permissions, want)
	})
}

const orgPrefix = "org:"

// withOrgPrefix spells a name with exactly one prefix.
func withOrgPrefix(name string) string {
	for strings.HasPrefix(name, orgPrefix) {
		name = name[len(orgPrefix):]
	}
	return orgPrefix + name
}

// Feature requires a feature of the user or the active organisation; "org:name" and
// "user:name" ask for one of the two.
func Feature(name string) Requirement {
	return requirement(func(a *Auth) bool { return scoped(a.feature, name) })
}

// Plan requires a plan, scoped like [Feature].
func Plan(name string) Requirement {
	return requirement(func(a *Auth) bool { return scoped(a.plan, name) })
}

// scoped looks for query in a list such as "o:a,u:b,ou:c". A malformed list has nothing; an
// entry of another scope is there for somebody else. No name holds a colon.
func scoped(list, query string) bool {
	want := "ou"
	if scope, name, ok := strings.Cut(query, ":"); ok {
		switch scope {
		case "o", "org", "organization":
			want = "o"
		case "u", "user":
			want = "u"
		default:
			return false
		}
		query = name
	}
	if query == "" || strings.Contains(query, ":") {
		return false
	}
	found := false
	for entry := range strings.SplitSeq(list, ",") {
		scope, name, ok := strings.Cut(strings.TrimSpace(entry), ":")
		if !ok {
			return false
		}
		known := scope == "o" || scope == "u" || scope == "ou" || scope == "uo"
		found = found || known && name == query && strings.ContainsAny(scope, want)
	}
	return found
}
