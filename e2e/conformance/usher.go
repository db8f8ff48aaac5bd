package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

const apiURL = "https://api.example.com"

// ours asks this library. It is asked twice, so that what it remembers of tokens must give
// the same answer as looking at them did.
func ours(q *question) (*outcome, error) {
	backend := &backend{answers: q.backend}
	a, err := authctx.New(config(q, backend))
	if err != nil {
		return nil, err
	}
	var first *outcome
	for range 2 {
		backend.calls = nil
		o, err := describe(q, a.Authenticate(q.request()))
		if err != nil {
			return nil, err
		}
		o.Calls = backend.calls
		if first == nil {
			first = o
		} else if fields := first.differs(o); len(fields) > 0 {
			return nil, fmt.Errorf("asked again, the answer differs in %v: %+v and %+v", fields, first, o)
		}
	}
	return first, nil
}

func config(q *question, transport http.RoundTripper) authctx.Config {
	o := q.options
	cfg := authctx.Config{
		PublishableKey: o.PublishableKey, SecretKey: o.SecretKey, JWTKey: o.JWTKey, APIURL: apiURL,
		ProxyURL: o.ProxyURL, Domain: o.Domain, IsSatellite: o.IsSatellite, SatelliteAutoSync: o.SatelliteAutoSync,
		SignInURL: o.SignInURL, AuthorizedParties: o.AuthorizedParties, Audience: o.Audience,
		PublicOrigin: q.origin, AllowedRedirectOrigins: o.ReturnOrigins,
		Transport: transport, Now: func() time.Time { return q.now },
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
	if s.Status == wire.StatusSignedIn && s.Auth.SignedIn() == (s.Auth.Status() == wire.SessionPending) {
		return nil, errors.New("signed in and pending, or neither")
	}
	var err error
	o.Auth, err = describeAuth(s.Auth)
	return o, err
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
	switch {
	case strings.HasSuffix(r.URL.Path, "/jwks"):
		kind = "jwks"
	case strings.HasSuffix(r.URL.Path, "/handshake_payload"):
		kind = "nonce"
	}
	if kind != "jwks" {
		call, err := describeCall(r)
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
		StatusCode: a.Status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(a.Body)), Request: r,
	}, nil
}

func describeCall(r *http.Request) (string, error) {
	call := map[string]any{"method": r.Method, "path": r.URL.EscapedPath(), "query": ""}
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
