package authctx

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// verifyMachineJWT checks a machine token that is a JWT, without the network but for keys:
// same keys, algorithms, audience and clock skew as for sessions (protocol reference 5.5).
// What is wrong with it is told as token-verification-failed, whichever check it was; only
// keys that cannot be had keep their reason, for nothing is known about the token then. The
// issuer is checked too, which the reference does not do.
func (a *Authenticator) verifyMachineJWT(ctx context.Context, kind wire.TokenType, tok string) (*Auth, error) {
	t, err := token.Parse(tok, a.inst.maxTokenBytes)
	if err != nil {
		return nil, refuse(wire.ReasonTokenInvalid, err)
	}
	if err := machineCategory(kind, t.Header); err != nil {
		return nil, refuse(wire.ReasonTokenInvalid, err)
	}
	if err := a.machineSignature(ctx, kind, t); err != nil {
		return nil, err
	}
	v := verified{}
	for _, check := range []func() error{
		func() error { return a.inst.checkMachineClaims(t.Payload) },
		func() error { return v.readTimes(t.Payload) },
		func() error { return v.timely(a.now(), a.inst.skew) },
	} {
		if err := check(); err != nil {
			return nil, refuse(wire.ReasonTokenVerificationFailed, err)
		}
	}
	m, err := machineFromJWT(kind, t.Payload)
	if err != nil {
		return nil, refuse(wire.ReasonTokenVerificationFailed, err)
	}
	m.ExpiresAt = time.UnixMilli(int64(v.exp * 1000))
	return newMachineAuth(kind, m, strings.Clone(tok)), nil
}

// machineCategory refuses tokens of another class that the instance has signed as well
// (RFC 8725 §3.11). An absent category is older than categories.
func machineCategory(kind wire.TokenType, h token.Header) error {
	if !h.HasCat || kind == wire.TokenM2M && h.Cat == wire.CategoryM2M {
		return nil
	}
	others := []string{wire.CategorySession, wire.CategoryTemplate, wire.CategoryM2M}
	if kind == wire.TokenM2M || slices.Contains(others, h.Cat) {
		return errors.New("cat is of another kind of token")
	}
	return nil
}

func (a *Authenticator) machineSignature(ctx context.Context, kind wire.TokenType, t token.Token) error {
	failed := func(err error) error { return refuse(wire.ReasonTokenVerificationFailed, err) }
	switch {
	case kind == wire.TokenM2M && t.Header.HasTyp && t.Header.Typ != "JWT", kind == wire.TokenOAuth && !isAccessTokenType(t.Header.Typ):
		return failed(errors.New("typ is of another kind of token"))
	case !token.Allowed(t.Header.Alg):
		return failed(token.ErrAlgorithm)
	case len(t.Signature) == 0:
		return failed(token.ErrSignature)
	}
	key, err := a.keys.key(ctx, t.Header.Kid, a.now())
	if v, ok := errors.AsType[*VerifyError](err); ok && v.Reason != wire.ReasonJWKKidMismatch && v.Reason != wire.ReasonJWKFailedToResolve {
		return v
	}
	if err == nil {
		err = t.VerifySignature(key)
	}
	if err != nil {
		return failed(err)
	}
	return nil
}

func (in *instance) checkMachineClaims(p token.Object) error {
	if sub, _ := p.String("sub"); sub == "" || strings.ContainsFunc(sub, isControl) {
		return errors.New("sub is not a usable string")
	}
	if iss, _ := p.String("iss"); len(in.issuers) > 0 && !slices.Contains(in.issuers, iss) {
		return errors.New("iss is not this instance")
	}
	if len(in.audience) > 0 && !in.hasAudience(p) {
		return errors.New("aud does not match")
	}
	return nil
}

// machineFromJWT maps claims as the reference does (protocol reference 5.5). One that is
// there in another type than it should be is an error: what it would have allowed is not
// known.
func machineFromJWT(kind wire.TokenType, p token.Object) (m Machine, err error) {
	m.Subject, _ = p.String("sub")
	if m.ID, err = textClaim(p, "jti"); err != nil {
		return m, err
	}
	if kind == wire.TokenOAuth {
		if m.ClientID, err = textClaim(p, "client_id"); err != nil {
			return m, err
		}
		if m.Audience, m.Actor, err = audienceAndActor(p); err != nil {
			return m, err
		}
		m.Scopes, err = oauthScopes(p)
		return m, err
	}
	m.Scopes, err = m2mScopes(p)
	m.Claims = customClaims(p)
	return m, err
}

// audienceAndActor shows no audience that cannot be read: where one is required it was
// checked before. An actor that cannot be read is an error.
func audienceAndActor(p token.Object) (aud []string, actor *wire.Actor, err error) {
	aud, _ = listClaim(p, "aud")
	actor, err = readActor(p.Raw("act"))
	return aud, actor, err
}

// oauthScopes prefers the list, m2mScopes the words, also where they say nothing.
func oauthScopes(p token.Object) ([]string, error) {
	if absent(p, "scp") {
		return wordsClaim(p, "scope")
	}
	return listClaim(p, "scp")
}

func m2mScopes(p token.Object) ([]string, error) {
	if absent(p, "scopes") {
		return listClaim(p, "aud")
	}
	return wordsClaim(p, "scopes")
}

func absent(p token.Object, name string) bool {
	raw := p.Raw(name)
	return raw == "" || raw == "null"
}

func textClaim(p token.Object, name string) (string, error) {
	s, ok := p.String(name)
	if !ok && !absent(p, name) {
		return "", errors.New(name + " is not a string")
	}
	return s, nil
}

// wordsClaim splits at spaces (RFC 6749 §3.3).
func wordsClaim(p token.Object, name string) ([]string, error) {
	s, err := textClaim(p, name)
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), err
}

// listClaim reads a list of strings, or one string that stands for itself.
func listClaim(p token.Object, name string) ([]string, error) {
	list, ok := p.Strings(name)
	if one, alone := p.String(name); alone {
		list, ok = []string{one}, true
	}
	if !ok && !absent(p, name) {
		return nil, errors.New(name + " is not a list of strings")
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" }), nil
}

// customClaims are those that the protocol gives no meaning.
func customClaims(p token.Object) Claims {
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(p.Text()), &all) != nil {
		return Claims{}
	}
	for _, name := range []string{"iss", "sub", "exp", "nbf", "iat", "jti"} {
		delete(all, name)
	}
	text, err := json.Marshal(all)
	if err != nil || len(all) == 0 {
		return Claims{}
	}
	return parseClaims(string(text))
}

// parseClaims has no claims where text is not an object.
func parseClaims(text string) Claims {
	o, err := token.ParseObject(text)
	if err != nil {
		return Claims{}
	}
	return Claims{o.Text()}
}
