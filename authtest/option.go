package authtest

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// Option describes the identity of a test. Without any, a request is from "user_test" in
// no organisation, with a token made now; the last of two that disagree counts.
type Option func(*identity)

type identity struct {
	claims            map[string]any
	issuedAt          time.Time
	bearer, signedOut bool
}

// tokenLifetime is the protocol's (protocol reference 3.2).
const tokenLifetime = time.Minute

func newIdentity(opts []Option) *identity {
	id := &identity{
		claims: map[string]any{
			"v": 2, "sub": "user_test", "sid": "sess_test", "azp": Origin, "sts": wire.SessionActive,
			"iss": "https://clerk.authtest.example.com", "fva": []int{0, -1},
		},
		issuedAt: time.Now(), // tests run in real time unless they say At
	}
	for _, opt := range opts {
		opt(id)
	}
	return id
}

func (id *identity) token(t testing.TB) string {
	t.Helper()
	signer, _ := issuer()
	claims := map[string]any{
		"iat": id.issuedAt.Unix(), "nbf": id.issuedAt.Unix() - 10, "exp": id.issuedAt.Add(tokenLifetime).Unix(),
		"jti": "test",
	}
	maps.Copy(claims, id.claims)
	tok, err := signer.Sign(wire.CategorySession, claims)
	if err != nil {
		t.Fatalf("authtest: %v", err)
	}
	return tok
}

// User sets the user id; without it, it is "user_test".
func User(id string) Option { return Claim("sub", id) }

// Session sets the session id; without it, it is "sess_test".
func Session(id string) Option { return Claim("sid", id) }

// Org makes an organisation active, with a role ("org:admin") and permissions of the
// form "org:feature:action".
func Org(id, role string, permissions ...string) Option {
	return func(i *identity) {
		features, masks, names := encodePermissions(permissions)
		i.claims["o"] = wire.OrgClaim{ID: id, Slg: "test", Rol: strings.TrimPrefix(role, "org:"), Per: names, Fpm: masks}
		i.claims["fea"] = features
	}
}

// Claim sets any claim to a value that encodes to JSON; a nil value removes it, except
// iat, nbf, exp and jti, which every token has.
func Claim(name string, value any) Option {
	return func(i *identity) {
		if value == nil {
			delete(i.claims, name)
			return
		}
		i.claims[name] = value
	}
}

// At issues the token at another time than now, to try expired ones; it lives a minute.
// An expired token in cookies is answered with a redirect that renews it when the request
// asks for a page (Accept begins with text/html), and is signed out otherwise.
func At(at time.Time) Option { return func(i *identity) { i.issuedAt = at } }

// Bearer sends the token in the Authorization header instead of cookies.
func Bearer() Option { return func(i *identity) { i.bearer = true } }

// SignedOut sends no credentials at all.
func SignedOut() Option { return func(i *identity) { i.signedOut = true } }
