package authctx

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// Auth is the verified identity of one request. It is immutable and safe for concurrent
// use; requests that carry the same token share one. A nil *Auth is valid and signed
// out, so nothing has to be checked before asking it.
//
// Tens of thousands are remembered at a time, so what few of them have is behind a pointer.
type Auth struct {
	userID, sessionID string
	status            string
	reason            wire.Reason
	claims            Claims
	token             string
	org               *token.Organization // nil when none is active
	actor             *wire.Actor
	machine           *machineIdentity // nil for sessions
	ages              [2]int32         // minutes; -1 is never
	hasAges           bool
	plain             bool // the claims can stand in a script element as they are
}

// SignedIn reports that somebody is signed in. A pending session, one with a task left
// to do, counts as signed out (protocol reference 5.1), and so does a machine token, for
// which [Auth.TokenType] asks.
func (a *Auth) SignedIn() bool { return a != nil && a.userID != "" && a.machine == nil }

// UserID is the id of the user ("user_…"), "" when signed out. With a machine token it is
// the user whom the token acts for, if any.
func (a *Auth) UserID() string {
	if a == nil {
		return ""
	}
	return a.userID
}

// SessionID is the id of the session ("sess_…"), "" when signed out.
func (a *Auth) SessionID() string {
	if a == nil {
		return ""
	}
	return a.sessionID
}

// OrgID is the id of the active organisation ("org_…"), "" when there is none. With an API
// key it is the organisation that owns the key.
func (a *Auth) OrgID() string {
	if a == nil || a.org == nil {
		return ""
	}
	return a.org.ID
}

// OrgRole is the role in the active organisation, with its prefix ("org:admin").
func (a *Auth) OrgRole() string {
	if a == nil || a.org == nil {
		return ""
	}
	return a.org.Role
}

// OrgSlug is the slug of the active organisation.
func (a *Auth) OrgSlug() string {
	if a == nil || a.org == nil {
		return ""
	}
	return a.org.Slug
}

// OrgPermissions lists the custom permissions in the active organisation
// ("org:invoices:create"). System permissions are never in a token. The caller must not
// change the slice.
func (a *Auth) OrgPermissions() []string {
	if a == nil || a.org == nil {
		return nil
	}
	return a.org.Permissions
}

// Actor is the person who impersonates the user, nil in the usual case.
func (a *Auth) Actor() *wire.Actor {
	if a == nil || a.actor == nil {
		return nil
	}
	actor := *a.actor
	return &actor
}

// Status is the session's status as the token states it: "active", "pending" (signed
// out with a task left to do), or "" when the token does not say or nobody is there.
func (a *Auth) Status() string {
	if a == nil {
		return ""
	}
	return a.status
}

// FactorAges tells how many minutes before the token was made the first and the second
// factor were verified; -1 is never. ok is false when the token does not say.
func (a *Auth) FactorAges() (first, second int, ok bool) {
	if a == nil || !a.hasAges {
		return -1, -1, false
	}
	return int(a.ages[0]), int(a.ages[1]), true
}

// Claims are the claims of the session token, none when signed out.
func (a *Auth) Claims() Claims {
	if a == nil {
		return Claims{}
	}
	return a.claims
}

// Token is the session or machine token of this request, for calls to services that verify it
// themselves. It is a credential: keep it out of logs and pages. "" when signed out.
func (a *Auth) Token() string {
	if a == nil {
		return ""
	}
	return a.token
}

// Reason says why the request is signed out, in the reference's vocabulary; "" when
// signed in, and for a nil Auth.
func (a *Auth) Reason() wire.Reason {
	if a == nil {
		return ""
	}
	return a.reason
}

// Unknown reports that who sent the request could not be checked, because the keys could
// not be had: not signed in, but not signed out either, and 503 is the right answer.
func (a *Auth) Unknown() bool {
	switch a.Reason() {
	case wire.ReasonJWKRemoteFailedToLoad, wire.ReasonSecretKeyInvalid, wire.ReasonUnexpected:
		return true
	}
	return false
}

// Claims are the claims of a verified token. Names are compared exactly. The zero value
// has none.
type Claims struct{ text string }

func (c Claims) object() token.Object { return token.Trusted(c.text) }

// Raw returns the JSON text of one claim, nil when there is none.
func (c Claims) Raw(name string) json.RawMessage {
	raw := c.object().Raw(name)
	if raw == "" {
		return nil
	}
	return json.RawMessage(raw)
}

// String returns a claim that is a string, and "" for any other.
func (c Claims) String(name string) string {
	s, _ := c.object().String(name)
	return s
}

// MarshalJSON returns the claims as they were signed; null when there are none.
func (c Claims) MarshalJSON() ([]byte, error) {
	if c.text == "" {
		return []byte("null"), nil
	}
	return []byte(c.text), nil
}

// read fills a, which is zero, from a payload whose signature and registered claims have
// been checked.
func (a *Auth) read(t token.Token) (err error) {
	p := t.Payload
	org, err := t.Organization()
	if err != nil {
		return err
	}
	if org.ID != "" {
		kept := org
		a.org = &kept
	}
	a.claims, a.token, a.plain = Claims{p.Text()}, t.Text, plain(p.Text())
	a.userID, _ = p.String("sub")
	a.sessionID, _ = p.String("sid")
	a.status, _ = p.String("sts")
	a.ages, a.hasAges = factorAges(p.Raw("fva"))
	a.actor, err = readActor(p.Raw("act"))
	return err
}

// factorAges accepts exactly two ages, whole numbers of -1 or more and not both -1, else none:
// checks that need them then fail (protocol reference 5.2).
func factorAges(raw string) (ages [2]int32, ok bool) {
	list, opened := strings.CutPrefix(raw, "[")
	list, closed := strings.CutSuffix(list, "]")
	one, two, both := strings.Cut(list, ",")
	if !opened || !closed || !both {
		return ages, false
	}
	for i, number := range [2]string{one, two} {
		age, err := strconv.ParseFloat(strings.TrimSpace(number), 64) // raw is JSON: there are no other forms
		if err != nil || age != math.Trunc(age) || age < -1 || age > math.MaxInt32 {
			return [2]int32{}, false
		}
		ages[i] = int32(age)
	}
	return ages, ages[0]+ages[1] != -2
}

func readActor(raw string) (*wire.Actor, error) {
	if raw == "" || raw == "null" {
		return nil, nil
	}
	o, err := token.ParseObject(raw)
	if err != nil {
		return nil, err
	}
	var a wire.Actor
	a.Sub, _ = o.String("sub")
	a.Iss, _ = o.String("iss")
	a.Sid, _ = o.String("sid")
	a.Type, _ = o.String("type")
	return &a, nil
}

// demoted is what a pending session shows of itself.
func (a *Auth) demoted() *Auth {
	return &Auth{status: wire.SessionPending}
}
