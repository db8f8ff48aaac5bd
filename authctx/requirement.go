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
func Any(reqs ...Requirement) Requirement { return anyOf(reqs) }

type anyOf []Requirement

func (reqs anyOf) met(a *Auth) bool {
	for _, r := range reqs {
		if r != nil && r.met(a) {
			return true
		}
	}
	return false
}

// Role requires a role in the active organization, "org:admin" or "admin" for short.
//
// Everybody who creates an organization is its org:admin, and people may create
// organizations unless the instance forbids it. So the role says nothing about the app or
// its operators: a page behind it must show only what belongs to [Auth.OrgID], or every
// user can open everybody's data. Guards that ask for a role or a permission say so when
// they are printed with %v, for tests that go through routes, and once each in the log in
// development.
func Role(role string) Requirement { return orgRole(withOrgPrefix(role)) }

type orgRole string

func (want orgRole) met(a *Auth) bool {
	return want != orgPrefix && a.OrgRole() != "" && withOrgPrefix(a.OrgRole()) == string(want)
}

// Permission requires a permission in the active organization,
// "org:invoices:create" or "invoices:create" for short. It has the limits of [Role]: the
// creator of an organization has all permissions that its org:admin role gives.
func Permission(permission string) Requirement { return orgPermission(withOrgPrefix(permission)) }

type orgPermission string

func (want orgPermission) met(a *Auth) bool {
	return want != orgPrefix && slices.Contains(a.OrgPermissions(), string(want))
}

// askedOfOrganization lists what reqs ask about the active organization.
func askedOfOrganization(reqs []Requirement) (asked []string) {
	for _, r := range reqs {
		switch r := r.(type) {
		case orgRole:
			asked = append(asked, "role "+string(r))
		case orgPermission:
			asked = append(asked, "permission "+string(r))
		case anyOf:
			asked = append(asked, askedOfOrganization(r)...)
		}
	}
	return asked
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
	return requirement(func(a *Auth) bool { return scoped(a.Claims().String("fea"), name) })
}

// Plan requires a plan, scoped like [Feature].
func Plan(name string) Requirement {
	return requirement(func(a *Auth) bool { return scoped(a.Claims().String("pla"), name) })
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
