package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/usherauth/usher/wire"
)

const (
	maxCookie     = 4096                            // octets of name and value that browsers keep (RFC 6265bis §5.6)
	sessionCookie = len(wire.CookieSession+"_") + 8 // longest name a session token is stored under
	notBefore     = 10 * time.Second                // nbf = iat − 10 s (protocol reference 3.2)
)

// mint makes a session token of s, whose user is u. It ends with the session if that is
// sooner. A token that browsers would silently drop as a cookie is refused. It reads what
// the session's organization allows, so it is called outside transactions.
func (c *call) mint(s Session, u User, lifetime time.Duration) (string, error) {
	granted, err := c.granted(s, u)
	if err != nil {
		return "", err
	}
	expire := c.now.Add(lifetime)
	if s.ExpireAt.Before(expire) {
		expire = s.ExpireAt
	}
	jwt, err := c.sign(c.currentKeys(c.r.Context()), wire.Claims{
		Act: s.Actor,
		Azp: c.caller.azp,
		Exp: expire.Unix(),
		Fea: granted.fea,
		Fva: factorAges(s, c.now),
		Iat: c.now.Unix(),
		Iss: c.instance.publishable.Issuer(),
		Nbf: c.now.Add(-notBefore).Unix(),
		Org: granted.org,
		Pla: granted.pla,
		Sid: s.ID,
		Sts: s.Status,
		Sub: s.UserID,
		V:   2,

		FirstName: nameClaim(u.FirstName),
		LastName:  nameClaim(u.LastName),
	})
	if err != nil {
		return "", err
	}
	return jwt, checkCookieSize(jwt)
}

// granted is what the session's active organization and the plans allow at this moment,
// whatever it was when the request began. Who is not a member any more is in none.
func (c *call) granted(s Session, u User) (g grantedClaims, err error) {
	if s.ActiveOrgID == "" && u.Plan == "" {
		return g, nil
	}
	err = c.view(c.r.Context(), func(tx Tx) error {
		rules, err := c.access(tx)
		if err != nil {
			return err
		}
		m, err := tx.Membership(s.ActiveOrgID, s.UserID)
		if errors.Is(err, ErrNotFound) {
			g = rules.claims(nil, "", u.Plan)
			return nil
		}
		if err != nil {
			return err
		}
		org, err := tx.Organization(m.OrgID)
		g = rules.claims(&org, m.Role, u.Plan)
		return err
	})
	return g, err
}

// maxNameClaim keeps names from taking the room of other claims: a longer one is left out
// of the token, and those who want it ask for the user.
const maxNameClaim = 128 // octets

// nameClaim is a name as the token carries it, so that a page can greet somebody without
// asking for the user.
func nameClaim(name string) string {
	if claimSize(name) > maxNameClaim+len(`""`) {
		return ""
	}
	return name
}

// claimSize is how many octets a value takes in a token before it is encoded: some characters
// are written as six.
func claimSize(v any) int {
	raw, err := json.Marshal(v)
	if err != nil {
		return math.MaxInt // what cannot be written fits nowhere
	}
	return len(raw)
}

func checkCookieSize(jwt string) error {
	if n := sessionCookie + len(jwt); n > maxCookie {
		return fmt.Errorf("identity: %w: session cookie would have %d octets, browsers keep %d; make the claims smaller", errInternal, n, maxCookie)
	}
	return nil
}

// factorAges is the fva claim: minutes since each factor, -1 for never.
func factorAges(s Session, now time.Time) []int {
	return []int{minutesSince(s.FirstFactor, now), minutesSince(s.SecondFactor, now)}
}

func minutesSince(t, now time.Time) int {
	if t.IsZero() {
		return -1
	}
	return max(0, int(now.Sub(t)/time.Minute))
}

func tokenJSON(jwt string) *wire.Token { return &wire.Token{Object: "token", JWT: jwt} }
