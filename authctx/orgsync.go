package authctx

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// organizationSync says which organisation an address is about (protocol reference 4.8).
type organizationSync struct{ organizations, personal []pathPattern }

// pathPattern is a compiled path. Its expression is linear in time, whatever the path
// (M12).
type pathPattern struct {
	re    *regexp.Regexp
	names []string
}

// maxPatternPath is the longest path that patterns are tried on. Servers turn longer ones
// away (414), and no organisation has such an address.
const maxPatternPath = 8 << 10

// organizationTarget is what an address asks to be active: an organisation by id or slug,
// or, with both empty, the personal account.
type organizationTarget struct{ id, slug string }

func (s organizationSync) none() bool { return len(s.organizations)+len(s.personal) == 0 }

func newOrganizationSync(organizations, personal []string) (s organizationSync, err error) {
	var errs []error
	compile := func(field string, list []string, needsName bool) (out []pathPattern) {
		for _, text := range list {
			p, err := compilePath(text)
			if err == nil && needsName && p.index("id") < 0 && p.index("slug") < 0 {
				err = errors.New("has neither :id nor :slug")
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("authctx: %s: %q: %w: write it like /orgs/:slug/(.*)", field, text, err))
			}
			out = append(out, p)
		}
		return out
	}
	s.organizations = compile("OrganizationPatterns", organizations, true)
	s.personal = compile("PersonalAccountPatterns", personal, false)
	return s, errors.Join(errs...)
}

var pathToken = regexp.MustCompile(`:(\w+)|\(\.\*\)`)

// compilePath understands names, which match one segment, and (.*), which matches
// anything. Case and a final slash do not matter.
func compilePath(text string) (pathPattern, error) {
	if !strings.HasPrefix(text, "/") {
		return pathPattern{}, errors.New("does not begin with a slash")
	}
	var p pathPattern
	var expr strings.Builder
	rest := text
	for rest != "" {
		loc := pathToken.FindStringSubmatchIndex(rest)
		if loc == nil {
			break
		}
		expr.WriteString(regexp.QuoteMeta(rest[:loc[0]]))
		if loc[2] >= 0 {
			p.names = append(p.names, rest[loc[2]:loc[3]])
			expr.WriteString(`([^/]+?)`)
		} else {
			p.names = append(p.names, "")
			expr.WriteString(`(.*)`)
		}
		rest = rest[loc[1]:]
	}
	if strings.ContainsAny(rest, "(){}*+?:") {
		return pathPattern{}, errors.New("holds something other than names and (.*)")
	}
	expr.WriteString(regexp.QuoteMeta(rest))
	var err error
	p.re, err = regexp.Compile(`(?i)^` + expr.String() + `/?$`)
	return p, err
}

func (p pathPattern) index(name string) int {
	for i, n := range p.names {
		if n == name {
			return i
		}
	}
	return -1
}

// target finds what path is about; ok is false when no pattern is.
func (s organizationSync) target(path string) (t organizationTarget, ok bool) {
	if len(path) > maxPatternPath {
		return organizationTarget{}, false
	}
	for _, p := range s.organizations {
		m := p.re.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		if i := p.index("id"); i >= 0 {
			return organizationTarget{id: m[i+1]}, true
		}
		return organizationTarget{slug: m[p.index("slug")+1]}, true
	}
	for _, p := range s.personal {
		if p.re.MatchString(path) {
			return organizationTarget{}, true
		}
	}
	return organizationTarget{}, false
}

// name is the value of organization_id in a handshake.
func (t organizationTarget) name() string {
	if t.id != "" {
		return t.id
	}
	return t.slug
}

func (t organizationTarget) active(a *Auth) bool {
	switch {
	case t.id != "":
		return a.OrgID() == t.id
	case t.slug != "":
		return a.OrgSlug() == t.slug
	}
	return a.OrgID() == ""
}

// wantsOther reports that the address is about another organisation than the session's,
// and that the browser can be sent to change it. It stays signed in otherwise: what it
// may do there is a matter of roles, not of being signed in.
func (a *Authenticator) wantsOther(r *http.Request, c *credentials, auth *Auth) bool {
	if a.inst.organizations.none() {
		return false
	}
	if auth.status == wire.SessionPending {
		return false
	}
	t, ok := a.inst.organizations.target(web.Requested(r).EscapedPath())
	return ok && !t.active(auth) && a.mayRedirect(r, c) && a.handshakeURL(r, c, wire.ReasonActiveOrgMismatch, c.session) != ""
}
