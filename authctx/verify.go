package authctx

import (
	"context"
	"crypto/rsa"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// verified is a token whose signature and claims hold, but for the times, which are
// checked on every use.
type verified struct {
	auth          Auth
	key           *rsa.PublicKey
	kid           unique.Handle[string]
	exp, nbf, iat float64 // unix seconds; 0 where the token does not say
	remembered
}

// Verify checks a session token on its own, as it would be checked in a request's
// header, and returns the identity it stands for. The error is a [*VerifyError]. A
// token of a pending session verifies; the Auth then has its ids and Status "pending".
// It is safe for concurrent use, and a token verified once costs little the next time.
func (a *Authenticator) Verify(ctx context.Context, tok string) (*Auth, error) {
	return a.verify(ctx, tok)
}

func (a *Authenticator) verify(ctx context.Context, tok string) (*Auth, error) {
	now := a.now()
	v, err := a.lookup(ctx, tok, now)
	if err != nil {
		return nil, err
	}
	if err := v.timely(now, a.inst.skew); err != nil {
		return nil, err
	}
	return &v.auth, nil
}

// lookup verifies tok or remembers that it was verified.
func (a *Authenticator) lookup(ctx context.Context, tok string, now time.Time) (*verified, error) {
	return a.trusted(ctx, a.tokens.get(tok), tok, now)
}

// trusted is known, which is what tok was verified as before, or verifies tok when known is
// nil. A remembered token counts only while the key that signed it is still published.
func (a *Authenticator) trusted(ctx context.Context, known *verified, tok string, now time.Time) (*verified, error) {
	if known != nil {
		if a.published(ctx, known, now) {
			return known, nil
		}
		a.tokens.forget(known)
	}
	if len(tok) > a.inst.maxTokenBytes {
		return nil, refuse(wire.ReasonTokenInvalid, token.ErrTooLong)
	}
	v, err := a.verifyNew(ctx, tok, now)
	if err != nil {
		return nil, err
	}
	if v.timely(now, a.inst.skew) == nil {
		a.tokens.put(v, now)
	}
	return v, nil
}

// published reports that the key which signed v is one of the instance's keys. The key set
// in which it was found last need not be searched again.
func (a *Authenticator) published(ctx context.Context, v *verified, now time.Time) bool {
	set := a.keys.current(now)
	if set != nil && v.set.Load() == set {
		return true
	}
	key, err := a.keys.key(ctx, v.kid.Value(), now)
	if err != nil || key.Public != v.key {
		return false
	}
	v.set.Store(set)
	return true
}

// verifyNew runs the checks of protocol reference 3.4 and 3.5 in their order. What needs
// no key is looked at first, claims only once the signature holds.
func (a *Authenticator) verifyNew(ctx context.Context, tok string, now time.Time) (*verified, error) {
	t, err := token.Parse(tok, a.inst.maxTokenBytes)
	if err != nil {
		return nil, refuse(wire.ReasonTokenInvalid, err)
	}
	if err := sessionKind(t); err != nil {
		return nil, err
	}
	if !token.Allowed(t.Header.Alg) {
		return nil, refuse(wire.ReasonTokenInvalidAlgorithm, nil)
	}
	if len(t.Signature) == 0 {
		return nil, refuse(wire.ReasonTokenInvalid, errors.New("no signature"))
	}
	key, err := a.keys.key(ctx, t.Header.Kid, now)
	if err != nil {
		return nil, err
	}
	switch err := t.VerifySignature(key); {
	case errors.Is(err, token.ErrAlgorithm):
		return nil, refuse(wire.ReasonTokenInvalidAlgorithm, err)
	case err != nil:
		return nil, refuse(wire.ReasonTokenInvalidSignature, err)
	}
	return a.readClaims(t, key)
}

// sessionKind refuses other kinds of tokens as sessions (RFC 8725 §3.11, protocol
// reference 3.5): access tokens, machine tokens, and those made from JWT templates.
func sessionKind(t token.Token) error {
	if t.Header.HasCat && t.Header.Cat != wire.CategorySession && t.Header.Cat != wire.CategoryIgnore {
		return refuse(wire.ReasonTokenTypeMismatch, nil)
	}
	if sub, _ := t.Payload.String("sub"); strings.HasPrefix(sub, "mch_") {
		return refuse(wire.ReasonTokenTypeMismatch, nil)
	}
	if t.Header.HasTyp && t.Header.Typ != "JWT" {
		return refuse(wire.ReasonTokenInvalid, kindError(t.Header.Typ))
	}
	return nil
}

// errAccessToken marks OAuth access tokens (RFC 9068), which a request's decision calls a
// mismatch rather than garbage.
var errAccessToken = errors.New("typ says that it is an access token")

func kindError(typ string) error {
	if typ == "at+jwt" || typ == "application/at+jwt" {
		return errAccessToken
	}
	return errors.New("typ is not JWT")
}

func (a *Authenticator) readClaims(t token.Token, key token.Key) (*verified, error) {
	if err := a.inst.checkClaims(t.Payload); err != nil {
		return nil, err
	}
	v := &verified{key: key.Public, kid: unique.Make(t.Header.Kid)}
	if err := v.readTimes(t.Payload); err != nil {
		return nil, err
	}
	if err := v.auth.read(t); err != nil {
		return nil, refuse(wire.ReasonTokenVerificationFailed, err)
	}
	return v, nil
}

// checkClaims checks the claims that do not depend on the time of day.
func (in *instance) checkClaims(p token.Object) error {
	for _, name := range []string{"sub", "sid"} {
		if v, _ := p.String(name); v == "" || strings.ContainsFunc(v, isControl) {
			return refuse(wire.ReasonTokenVerificationFailed, errors.New(name+" is not a usable string"))
		}
	}
	if len(in.audience) > 0 && !in.hasAudience(p) {
		return refuse(wire.ReasonTokenVerificationFailed, errors.New("aud does not match"))
	}
	if len(in.parties) > 0 {
		if azp, _ := p.String("azp"); azp == "" || !slices.Contains(in.parties, azp) {
			return refuse(wire.ReasonTokenInvalidParties, wrongParty(azp))
		}
	}
	if len(in.issuers) > 0 {
		if iss, _ := p.String("iss"); !slices.Contains(in.issuers, iss) {
			return refuse(wire.ReasonTokenInvalidIssuer, nil)
		}
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// hasAudience accepts aud as a string or an array of strings (RFC 7519 §4.1.3), none of
// them empty.
func (in *instance) hasAudience(p token.Object) bool {
	if one, ok := p.String("aud"); ok {
		return one != "" && slices.Contains(in.audience, one)
	}
	list, ok := p.Strings("aud")
	return ok && !slices.Contains(list, "") && slices.ContainsFunc(list, func(s string) bool { return slices.Contains(in.audience, s) })
}

func (v *verified) readTimes(p token.Object) error {
	for _, f := range []struct {
		name     string
		to       *float64
		required bool
	}{{"exp", &v.exp, true}, {"nbf", &v.nbf, false}, {"iat", &v.iat, false}} {
		seconds, present, ok := p.Date(f.name)
		if !ok || f.required && !present {
			return refuse(wire.ReasonTokenVerificationFailed, errors.New(f.name+" is not a date"))
		}
		*f.to = math.Trunc(seconds) // a fraction of a second neither lengthens nor shortens a life
	}
	return nil
}

// timely compares the times with now (RFC 7519 §4.1.4 to §4.1.6): expired when exp is
// not after now − skew, early when nbf or iat is after now + skew. An absent nbf or iat
// reads as 0 and passes.
func (v *verified) timely(now time.Time, skew time.Duration) error {
	t, s := float64(now.UnixMilli())/1000, skew.Seconds()
	switch {
	case v.exp <= t-s:
		return refuse(wire.ReasonTokenExpired, nil)
	case v.nbf > t+s:
		return refuse(wire.ReasonTokenNotActiveYet, nil)
	case v.iat > t+s:
		return refuse(wire.ReasonTokenIATInFuture, nil)
	}
	return nil
}
