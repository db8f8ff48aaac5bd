package conformance

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

const apiURL = "https://api.example.com"

// asked is how often this library is asked: with the fourth time it remembers the Cookie
// line, too.
const asked = 4

// ours asks this library again and again, so that what it remembers of tokens and cookies
// must give the same answer as looking at them did.
func ours(q *question) (*outcome, error) {
	backend := &backend{answers: q.backend}
	a, err := authctx.New(config(q, backend))
	if err != nil {
		return nil, err
	}
	first, err := ask(q, a, backend)
	if err != nil {
		return nil, err
	}
	defer first.askPages(q, a) // the same for all
	for range asked - 1 {
		again, err := ask(q, a, backend)
		if err != nil {
			return nil, err
		}
		if err := first.repeated(again); err != nil {
			return nil, err
		}
		if fields := first.differs(again); len(fields) > 0 {
			return nil, fmt.Errorf("asked again, the answer differs in %v: %+v and %+v", fields, first, again)
		}
	}
	return first, nil
}

func ask(q *question, a *authctx.Authenticator, b *backend) (*outcome, error) {
	b.calls = nil
	o, err := describe(q, a.Authenticate(q.request()))
	if err != nil {
		return nil, err
	}
	o.Calls = b.calls
	o.withoutOwn(q)
	return o, nil
}

// askPages fills in where a handler would send people to sign in or up.
func (o *outcome) askPages(q *question, a *authctx.Authenticator) {
	if !q.pages || o.Status == wire.StatusHandshake {
		return
	}
	a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		page := func(make func(context.Context, string) string) address {
			raw := make(r.Context(), q.back)
			if q.param(wire.ParamDevBrowser) == "" { // the reference's caller looks for cookies in its own way
				raw = knownBrowser.ReplaceAllString(raw, "")
			}
			return parseAddress(raw, q.origin+q.target)
		}
		o.SignIn = page(authctx.SignInURL)
		if q.options.IsSatellite {
			o.SignUp = page(authctx.SignUpURL)
		}
	})).ServeHTTP(httptest.NewRecorder(), q.request())
}

var knownBrowser = regexp.MustCompile(`[?&]` + wire.ParamDevBrowser + `=[^&#]*`)

// repeated holds that an answer about a machine token is remembered, and gives again the
// calls that it saved. What could not be found out may be asked again.
func (o *outcome) repeated(again *outcome) error {
	refreshes := func(call string) bool { return strings.Contains(call, "/refresh") }
	if i := slices.IndexFunc(o.Calls, refreshes); i >= 0 && i <= len(again.Calls) && !slices.ContainsFunc(again.Calls, refreshes) {
		again.Calls = slices.Insert(slices.Clone(again.Calls), i, o.Calls[i]) // what was refused is remembered
	}
	if len(o.Calls) > 0 && strings.Contains(o.Calls[0], "handshake_payload") { // what was refused is remembered
		if len(again.Calls) == 0 || !strings.Contains(again.Calls[0], "handshake_payload") {
			again.Calls = append(o.Calls[:1:1], again.Calls...)
		}
		return nil
	}
	if len(o.Calls) != 1 || !strings.Contains(o.Calls[0], `/verify"`) {
		return nil
	}
	unknown := o.Reason == string(wire.ReasonUnexpected) || o.Reason == string(wire.ReasonSecretKeyInvalid)
	if len(again.Calls) > 0 && !unknown {
		return errors.New("trap 15: the Backend API is asked again about a machine token that it has answered for")
	}
	again.Calls = o.Calls
	return nil
}

func config(q *question, transport http.RoundTripper) authctx.Config {
	o := q.options
	cfg := authctx.Config{
		PublishableKey: o.PublishableKey, SecretKey: o.SecretKey, JWTKey: o.JWTKey, APIURL: apiURL,
		ProxyURL: o.ProxyURL, Domain: o.Domain, IsSatellite: o.IsSatellite, SatelliteAutoSync: o.SatelliteAutoSync,
		SignInURL: o.SignInURL, AuthorizedParties: o.AuthorizedParties, Audience: o.Audience,
		PublicOrigin: q.origin, AllowedRedirectOrigins: o.ReturnOrigins,
		Transport: transport, Now: func() time.Time { return q.now }, MachineSecretKey: o.MachineSecretKey,
	}
	if o.AcceptsToken != nil {
		cfg.AcceptsToken = o.AcceptsToken.kinds
	}
	if o.Organizations != nil {
		cfg.OrganizationPatterns, cfg.PersonalAccountPatterns = o.Organizations.Patterns, o.Organizations.Personal
	}
	if len(o.Issuer) > 0 {
		cfg.Issuer = o.Issuer[0]
	}
	if o.ClockSkew != nil {
		cfg.ClockSkew = time.Duration(*o.ClockSkew) * time.Millisecond
		if cfg.ClockSkew == 0 {
			cfg.ClockSkew = authctx.NoClockSkew
		}
	}
	return cfg
}

// describe reads a State. What only this library promises about it is checked here.
func describe(q *question, s authctx.State) (*outcome, error) {
	o := &outcome{
		Status: s.Status, Reason: string(s.Reason),
		HeaderStatus: s.Header.Get(wire.HeaderAuthStatus), HeaderReason: s.Header.Get(wire.HeaderAuthReason),
		Location: parseAddress(s.Header.Get("Location"), q.origin+q.target),
		NoStore:  strings.Contains(s.Header.Get("Cache-Control"), "no-store"),
		Cookies:  parseCookies(s.Header["Set-Cookie"]),
	}
	if cc := s.Header.Get("Cache-Control"); o.NoStore && cc != "private, no-store" {
		return nil, fmt.Errorf("H01: Cache-Control %q on a redirect", cc)
	}
	if s.Status == wire.StatusHandshake {
		if s.Auth.SignedIn() || s.Auth.UserID() != "" {
			return nil, errors.New("a handshake with somebody signed in")
		}
		return o, nil
	}
	var err error
	o.TokenType = string(s.Auth.TokenType())
	if o.Auth, err = describeAuth(s.Auth); err != nil {
		return nil, err
	}
	o.Has = q.has(s.Auth)
	if m := s.Auth.Machine(); m != nil {
		o.Machine, err = describeMachine(q, s.Auth, m)
		return o, err
	}
	if s.Status == wire.StatusSignedIn && s.Auth.SignedIn() == (s.Auth.Status() == wire.SessionPending) {
		return nil, errors.New("signed in and pending, or neither")
	}
	return o, nil
}

// describeMachine reads what a machine token says, which signs nobody in.
func describeMachine(q *question, a *authctx.Auth, m *authctx.Machine) (machine, error) {
	if a.SignedIn() || a.Has() || !a.Has(authctx.Accept(wire.TokenAny)) {
		return machine{}, errors.New("J25: a machine passes for a session, or not for a machine")
	}
	if !strings.Contains(q.header("Authorization"), a.Token()) {
		return machine{}, fmt.Errorf("not the token that was sent: %q", a.Token())
	}
	if end := m.ExpiresAt; !end.IsZero() && end.Before(q.now.Add(-30*time.Second)) {
		return machine{}, fmt.Errorf("past its end: %v", end)
	}
	out := machine{ID: m.ID, Subject: m.Subject, Name: m.Name, ClientID: m.ClientID, Scopes: m.Scopes}
	if a.TokenType() == wire.TokenM2M {
		out.MachineID = m.Subject
	}
	raw, err := json.Marshal(m.Claims)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(raw, &out.Claims)
}

func describeAuth(a *authctx.Auth) (identity, error) {
	id := identity{
		UserID: a.UserID(), SessionID: a.SessionID(), SessionStatus: a.Status(),
		OrgID: a.OrgID(), OrgRole: a.OrgRole(), OrgSlug: a.OrgSlug(), OrgPermissions: a.OrgPermissions(),
	}
	if actor := a.Actor(); actor != nil {
		id.Actor = map[string]string{"sub": actor.Sub, "iss": actor.Iss, "sid": actor.Sid, "type": actor.Type}
	}
	if first, second, ok := a.FactorAges(); ok {
		id.FactorAges = []float64{float64(first), float64(second)}
	}
	raw, err := json.Marshal(a.Claims())
	if err != nil {
		return id, err
	}
	return id, json.Unmarshal(raw, &id.Claims)
}

// backend is the Backend API of one question.
type backend struct {
	answers map[string]answer
	calls   []string
}

func (b *backend) RoundTrip(r *http.Request) (*http.Response, error) {
	kind := "refresh"
	for _, e := range endpoints {
		if strings.HasSuffix(r.URL.Path, e.end) {
			kind = e.kind
		}
	}
	if kind != "jwks" {
		call, err := describeCall(kind, r)
		if err != nil {
			return nil, err
		}
		b.calls = append(b.calls, call)
	}
	a, ok := b.answers[kind]
	if !ok || a.Fail {
		return nil, context.DeadlineExceeded
	}
	return &http.Response{
		StatusCode: a.Status, Header: http.Header{"Content-Type": {cmp.Or(a.Type, "application/json")}},
		Body: io.NopCloser(strings.NewReader(a.Body)), Request: r,
	}, nil
}

// endpoint tells what is asked by how the address ends.
type endpoint struct{ end, kind string }

// endpoints are all but that of refreshes.
var endpoints = []endpoint{
	{"/jwks", "jwks"},
	{"/handshake_payload", "nonce"},
	{"/api_keys/verify", string(wire.TokenAPIKey)},
	{"/oauth_applications/access_tokens/verify", string(wire.TokenOAuth)},
	{"/m2m_tokens/verify", string(wire.TokenM2M)},
}

func describeCall(kind string, r *http.Request) (string, error) {
	call := map[string]any{"method": r.Method, "path": r.URL.EscapedPath(), "query": ""}
	if kind != "nonce" && kind != "refresh" {
		call["key"] = r.Header.Get("Authorization")
	}
	if r.URL.RawQuery != "" {
		call["query"] = "?" + r.URL.RawQuery
	}
	if r.Body == nil {
		return canonical(call), nil
	}
	var body map[string]any
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(raw)).Decode(&body)
	}
	delete(body, "request_headers")
	call["body"] = body
	return canonical(call), err
}
