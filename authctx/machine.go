package authctx

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// Machine is who sends a request with a machine token. Fields that the kind of token does
// not have are empty.
type Machine struct {
	// ID names the token, not its bearer, and is no secret.
	ID string
	// Subject is whom the token stands for: a user ("user_…"), for API keys also an
	// organisation ("org_…"), and for machine to machine tokens a machine ("mch_…").
	Subject string
	// Name is what the owner of an API key called it.
	Name string
	// ClientID is the OAuth client that the token was issued to.
	ClientID string
	// Scopes are what the token may be used for; for machine to machine tokens, the
	// machines it is meant for. The caller must not change the slice.
	Scopes []string
	// Audience is the aud claim of an OAuth token: the APIs that it is meant for. The caller
	// must not change the slice.
	Audience []string
	// Actor is who acts for Subject, from the act claim of an OAuth token; nil is nobody.
	Actor *wire.Actor
	// Claims are the custom claims of API keys and machine to machine tokens.
	Claims Claims
	// ExpiresAt is when the token ends; zero is never.
	ExpiresAt time.Time
}

// machineIdentity is a machine with the kind of token that proved it.
type machineIdentity struct {
	Machine
	kind wire.TokenType
}

// Machine describes the machine token that the request was authenticated by, nil for
// sessions and when nobody is authenticated. The caller owns the value.
func (a *Auth) Machine() *Machine {
	if a == nil || a.machine == nil {
		return nil
	}
	m := a.machine.Machine
	if m.Actor != nil {
		actor := *m.Actor
		m.Actor = &actor
	}
	return &m
}

// TokenType says which kind of token proved who sends the request, "" when none did. Unlike
// [Auth.SignedIn], which is about sessions alone, so that a page meant for people never
// opens to an API key, it is not empty for machine tokens.
func (a *Auth) TokenType() wire.TokenType {
	switch {
	case a == nil:
		return ""
	case a.machine != nil:
		return a.machine.kind
	case a.SignedIn():
		return wire.TokenSession
	}
	return ""
}

// newMachineAuth gives a machine's Auth the user or organisation it acts for, and nothing
// else a session has: no role, no permission, no session claims.
func newMachineAuth(kind wire.TokenType, m Machine, tok string) *Auth {
	a := &Auth{machine: &machineIdentity{m, kind}, token: tok}
	switch {
	case kind == wire.TokenOAuth, kind == wire.TokenAPIKey && strings.HasPrefix(m.Subject, "user_"):
		a.userID = m.Subject
	case kind == wire.TokenAPIKey && strings.HasPrefix(m.Subject, "org_"):
		a.org = &token.Organization{ID: m.Subject}
	}
	return a
}

// tokenTypes are the kinds a configuration or a guard accepts.
type tokenTypes []wire.TokenType

func (t tokenTypes) accept(kind wire.TokenType) bool {
	return slices.Contains(t, kind) || slices.Contains(t, wire.TokenAny)
}

// sessionsOnly reports the default, for which nothing of this file runs.
func (t tokenTypes) sessionsOnly() bool {
	return !t.accept(wire.TokenAPIKey) && !t.accept(wire.TokenM2M) && !t.accept(wire.TokenOAuth)
}

// checkMachines reports token types that do not exist and those that cannot be verified.
func checkMachines(cfg Config) error {
	var errs []error
	types := tokenTypes(cfg.AcceptsToken)
	for _, kind := range types {
		if !slices.Contains([]wire.TokenType{wire.TokenSession, wire.TokenAPIKey, wire.TokenM2M, wire.TokenOAuth, wire.TokenAny}, kind) {
			errs = append(errs, fmt.Errorf("authctx: AcceptsToken: %.40q is not a kind of token", kind))
		}
	}
	if (types.accept(wire.TokenAPIKey) || types.accept(wire.TokenOAuth)) && cfg.SecretKey == "" {
		errs = append(errs, errors.New("authctx: AcceptsToken: API keys and OAuth tokens are verified by the Backend API: set SecretKey"))
	}
	if types.accept(wire.TokenM2M) && cfg.SecretKey == "" && cfg.MachineSecretKey == "" {
		errs = append(errs, errors.New("authctx: AcceptsToken: machine to machine tokens are verified by the Backend API: set MachineSecretKey or SecretKey"))
	}
	if strings.ContainsAny(cfg.MachineSecretKey, " \t\r\n") {
		errs = append(errs, errors.New("authctx: MachineSecretKey contains white space: copy it again without line breaks"))
	}
	return errors.Join(errs...)
}

// onlyM2M reports the one configuration that needs no key of the instance.
func onlyM2M(cfg Config) bool {
	return len(cfg.AcceptsToken) == 1 && cfg.AcceptsToken[0] == wire.TokenM2M && cfg.MachineSecretKey != ""
}

// decideMachine is parts A to C of the algorithm (protocol reference 4.4). done is false
// when the request is a matter of sessions. One accepted kind and a list of one are the
// same here: a request without a token is then told "No token in header".
func (a *Authenticator) decideMachine(r *http.Request, c *credentials) (d decision, done bool) {
	types := a.machines.types
	if c.bearer == "" {
		switch {
		case types.accept(wire.TokenSession):
			return d, false
		case len(types) == 1:
			return a.signedOut(wire.ReasonNoTokenInHeader), true
		}
		return a.signedOut(wire.ReasonTokenTypeMismatch), true
	}
	kind := a.tokenKind(c.bearer)
	if !types.accept(kind) {
		return a.signedOut(wire.ReasonTokenTypeMismatch), true
	}
	if kind == wire.TokenSession {
		return d, false
	}
	auth, err := a.verifyMachine(r.Context(), kind, c.bearer, web.Network(r))
	if err != nil {
		reason := wire.ReasonUnexpected
		if v, ok := errors.AsType[*VerifyError](err); ok {
			reason = v.Reason
		}
		a.log.DebugContext(r.Context(), "machine token refused", "token_type", string(kind), "reason", string(reason), "err", err)
		return a.signedOut(reason), true
	}
	return decision{status: wire.StatusSignedIn, auth: auth}, true
}

// tokenKind recognises a token by its prefix, or by what it says of itself if it is a JWT.
// Whatever it says is only believed once it is verified as that kind.
func (a *Authenticator) tokenKind(tok string) wire.TokenType {
	if kind := prefixKind(tok); kind != "" {
		return kind
	}
	if a.tokens.get(tok) != nil {
		return wire.TokenSession
	}
	t, err := token.Parse(tok, a.inst.maxTokenBytes)
	if err != nil {
		return wire.TokenSession
	}
	if sub, _ := t.Payload.String("sub"); strings.HasPrefix(sub, machinePrefix) {
		return wire.TokenM2M
	}
	if isAccessTokenType(t.Header.Typ) {
		return wire.TokenOAuth
	}
	return wire.TokenSession
}

const machinePrefix = "mch_"

// prefixKind is "" for what is not an opaque machine token.
func prefixKind(tok string) wire.TokenType {
	switch {
	case strings.HasPrefix(tok, "ak_"):
		return wire.TokenAPIKey
	case strings.HasPrefix(tok, "oat_"):
		return wire.TokenOAuth
	case strings.HasPrefix(tok, "mt_"):
		return wire.TokenM2M
	}
	return ""
}

// isAccessTokenType knows the types of JWT access tokens (RFC 9068 §2.1).
func isAccessTokenType(typ string) bool { return typ == "at+jwt" || typ == "application/at+jwt" }
