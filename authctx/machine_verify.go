package authctx

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// maxMachineAnswer bounds what is remembered of one token; custom claims are small.
const maxMachineAnswer = 16 << 10

// machines verifies machine tokens. It is nil where only sessions are accepted.
type machines struct {
	types    tokenTypes
	app, m2m *backend // the Backend API with either secret key
	answers  *answers
}

func newMachines(cfg Config, skew time.Duration, now func() time.Time) *machines {
	types := tokenTypes(cfg.AcceptsToken)
	if types.sessionsOnly() {
		return nil
	}
	app := newBackend(cfg)
	app.base = strings.TrimSuffix(app.base, "/v1") // these endpoints have no version (protocol reference 5.5)
	m2m := *app
	if cfg.MachineSecretKey != "" {
		m2m.secret = cfg.MachineSecretKey
	}
	return &machines{types: types, app: app, m2m: &m2m, answers: newAnswers(skew, now)}
}

// verifyMachine verifies a token of a machine kind that came from a network. Errors are *VerifyError.
func (a *Authenticator) verifyMachine(ctx context.Context, kind wire.TokenType, tok string, from netip.Prefix) (*Auth, error) {
	if len(tok) > a.inst.maxTokenBytes {
		return nil, refuse(wire.ReasonTokenInvalid, token.ErrTooLong)
	}
	if prefixKind(tok) == "" {
		return a.verifyMachineJWT(ctx, kind, tok)
	}
	if strings.ContainsFunc(tok, notInTokens) {
		return nil, refuse(wire.ReasonTokenInvalid, errors.New("not the characters of a token"))
	}
	if compactForm.MatchString(tok) { // the first part of a JWT never begins like this
		return nil, refuse(wire.ReasonTokenInvalid, errors.New("in the form of a JWT, but none"))
	}
	tok = strings.Clone(tok) // a slice of a whole header must not be kept alive
	return a.machines.answers.get(ctx, sha256.Sum256([]byte(tok)), from, func(ctx context.Context) (*Auth, error) {
		return a.askMachine(ctx, kind, tok)
	})
}

// notInTokens reports what no token68 holds (RFC 9110 §11.2), so that garbage costs no call.
func notInTokens(r rune) bool {
	alphanumeric := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !alphanumeric && !strings.ContainsRune("-._~+/=", r)
}

// compactForm is that of a JWT (RFC 7515 §7.1).
var compactForm = regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+$`)

// askMachine asks the Backend API.
func (a *Authenticator) askMachine(ctx context.Context, kind wire.TokenType, tok string) (*Auth, error) {
	api, path, field := a.machines.app, "/api_keys/verify", "secret"
	if kind == wire.TokenOAuth {
		path, field = "/oauth_applications/access_tokens/verify", "access_token"
	}
	if kind == wire.TokenM2M {
		api, path, field = a.machines.m2m, "/m2m_tokens/verify", "token"
	}
	var raw json.RawMessage
	if err := api.post(ctx, path, map[string]string{field: tok}, &raw); err != nil {
		return nil, machineError(err)
	}
	if len(raw) > maxMachineAnswer {
		return nil, refuse(wire.ReasonUnexpected, errors.New("backend API: answer is too large"))
	}
	o, err := token.ParseObject(strings.TrimSpace(string(raw)))
	if err != nil {
		return nil, refuse(wire.ReasonUnexpected, err)
	}
	m, err := a.readMachine(kind, o)
	if err != nil {
		return nil, err
	}
	return newMachineAuth(kind, m, tok), nil
}

// machineError tells a refusal from not knowing (protocol reference 5.5).
func machineError(err error) error {
	refused, ok := errors.AsType[*wire.BackendError](err)
	switch {
	case ok && refused.Status == http.StatusUnauthorized:
		return refuse(wire.ReasonSecretKeyInvalid, err)
	case ok && (refused.Status == http.StatusNotFound || refused.Status == http.StatusNotImplemented):
		// An instance without such tokens has none that is valid.
		return refuse(wire.ReasonTokenInvalid, err)
	}
	return refuse(wire.ReasonUnexpected, err)
}

// readMachine reads the service's answer. The reference does not look at revoked and
// expired in it; here they are believed, as are deleted and an expiration that has passed.
func (a *Authenticator) readMachine(kind wire.TokenType, o token.Object) (m Machine, err error) {
	m.ID, _ = o.String("id")
	m.Subject, _ = o.String("subject")
	if m.ID == "" || m.Subject == "" {
		return m, refuse(wire.ReasonUnexpected, errors.New("backend API: answer names no token or no subject"))
	}
	if !isFalse(o, "revoked") || !isFalse(o, "expired") || !isFalse(o, "deleted") {
		return m, refuse(wire.ReasonTokenInvalid, errors.New("revoked, expired or deleted"))
	}
	if m.ExpiresAt, err = milliseconds(o.Raw("expiration")); err != nil {
		return m, refuse(wire.ReasonUnexpected, err)
	}
	if !m.ExpiresAt.IsZero() && !m.ExpiresAt.After(a.now().Add(-a.inst.skew)) {
		return m, refuse(wire.ReasonTokenInvalid, errors.New("expired"))
	}
	if kind == wire.TokenOAuth && len(a.inst.audience) > 0 && !a.inst.hasAudience(o) {
		return m, refuse(wire.ReasonTokenVerificationFailed, errors.New("aud does not match"))
	}
	m.Scopes, _ = listClaim(o, "scopes") // what cannot be read is no scope
	if kind == wire.TokenOAuth {
		m.ClientID, _ = o.String("client_id")
		if m.Audience, m.Actor, err = audienceAndActor(o); err != nil {
			return m, refuse(wire.ReasonUnexpected, err)
		}
		return m, nil
	}
	if kind == wire.TokenAPIKey {
		m.Name, _ = o.String("name")
	}
	m.Claims = parseClaims(o.Raw("claims"))
	return m, nil
}

// isFalse accepts an absent member; anything but false and null says that it is so.
func isFalse(o token.Object, name string) bool {
	switch o.Raw(name) {
	case "", "false", "null":
		return true
	}
	return false
}

func milliseconds(raw string) (time.Time, error) {
	if raw == "" || raw == "null" {
		return time.Time{}, nil
	}
	ms, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return time.Time{}, errors.New("backend API: expiration is not a time")
	}
	return time.UnixMilli(ms), nil
}
