package fapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// Browser is on whose behalf a call is made. The zero value is a browser without a client.
type Browser struct {
	// ClientCookie is the value of the browser's __client cookie; "" if it has none.
	ClientCookie string
	// SessionID is the session that acts, for calls about the signed-in user.
	SessionID string
	// ClientName is the name of the cookie that ClientCookie is the value of; "" is the plain one.
	ClientName string
	// IP is the address of the client, for rate limits and activity records.
	IP netip.Addr
	// UserAgent is shown in the list of sessions.
	UserAgent string
}

// FromRequest describes the browser that sent r from ip, which is the zero Addr when
// unknown. Two client cookies of one name with different values are none, because one of them
// was planted. With the instance's suffix, a cookie of its own name comes before a plain one,
// which can be another instance's.
func FromRequest(r *http.Request, ip netip.Addr, suffix ...string) Browser {
	all := Candidates(r, ip, suffix...)
	if len(all) > 1 && all[1].ClientName == all[0].ClientName {
		all[0].ClientCookie = ""
	}
	return all[0]
}

// Candidates is every browser that r can be from: one for each different client cookie,
// and one without if there is none. It is for signing out, which must reach the genuine
// client whatever was planted beside it.
func Candidates(r *http.Request, ip netip.Addr, suffix ...string) []Browser {
	nobody := Browser{UserAgent: r.UserAgent(), IP: ip}
	var all []Browser
	for _, own := range append(slices.Clone(suffix), "") {
		b := nobody
		if b.ClientName = wire.CookieClient; own != "" {
			b.ClientName += "_" + own
		}
		for _, c := range r.CookiesNamed(b.ClientName) {
			if b.ClientCookie = c.Value; !slices.Contains(all, b) {
				all = append(all, b)
			}
		}
	}
	if len(all) == 0 {
		return []Browser{nobody}
	}
	return all
}

// With is b after an answer's Set-Cookie lines, for a second call about the same request.
func (b Browser) With(lines []string) Browser {
	for _, line := range lines {
		c, err := http.ParseSetCookie(line)
		if err != nil || c.Name != wire.CookieClient && !IsOwnClient(c.Name) {
			continue
		}
		if c.Value != "" || c.Name == cmp.Or(b.ClientName, wire.CookieClient) { // or another one is deleted
			b.ClientName, b.ClientCookie = c.Name, c.Value
		}
	}
	return b
}

// IsOwnClient reports the name of a client cookie with an instance's suffix.
func IsOwnClient(name string) bool {
	rest, ok := strings.CutPrefix(name, wire.CookieClient+"_")
	return ok && rest != "uat" && !strings.HasPrefix(rest, "uat_")
}

// Answer is a success: the resource, the client it belongs to, and the Set-Cookie lines
// that the browser must get.
type Answer[T any] struct {
	Resource   T
	Client     *wire.Client // nil when the API sent none
	SetCookies []string
}

// Token is the fresh session token of the session with that id, or of the last active
// session when id is empty; "" if the answer has none.
func (a *Answer[T]) Token(sessionID string) string {
	if a.Client == nil {
		return ""
	}
	if sessionID == "" {
		sessionID = string(a.Client.LastActiveSessionID)
	}
	for i := range a.Client.Sessions {
		s := &a.Client.Sessions[i]
		if s.ID == sessionID && s.Status == wire.SessionActive && s.LastActiveToken != nil {
			return s.LastActiveToken.JWT
		}
	}
	return ""
}

// request is one call, without the headers that all share.
type request struct {
	op     string
	method string // the method meant; everything but GET travels as POST + _method
	path   string
	form   url.Values // the query of a GET
}

// do sends req and decodes the answer's wrapped resource.
func do[T any](ctx context.Context, c *Client, b Browser, req request) (*Answer[T], error) {
	out, err := c.build(ctx, b, req)
	if err != nil {
		return nil, fmt.Errorf("fapi: %s: %w", req.op, err)
	}
	res, err := c.http.Do(out)
	if err != nil {
		return nil, fmt.Errorf("fapi: %s: %w: %w", req.op, ErrUnavailable, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := readJSON(res)
	if err != nil {
		return nil, fmt.Errorf("fapi: %s: %w: %w", req.op, ErrUnavailable, err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("fapi: %s: %w", req.op, c.refusal(res, body))
	}
	wrapped, err := decode[T](body)
	if err != nil {
		return nil, fmt.Errorf("fapi: %s: %w: answer of the wrong shape", req.op, ErrUnavailable)
	}
	return &Answer[T]{Resource: wrapped.Response, Client: wrapped.Client, SetCookies: ownCookies(res.Header)}, nil
}

// decode unwraps a resource. A list of sessions comes bare (protocol reference 8.3 wraps
// what changes the client).
func decode[T any](body []byte) (wrapped wire.Response[T], err error) {
	if body = bytes.TrimLeft(body, " \r\n\t"); len(body) > 0 && body[0] == '[' {
		err = json.Unmarshal(body, &wrapped.Response)
	} else {
		err = json.Unmarshal(body, &wrapped)
	}
	return wrapped, err
}

// build makes the HTTP request (protocol reference 8.2, 8.11).
func (c *Client) build(ctx context.Context, b Browser, req request) (*http.Request, error) {
	query := url.Values{}
	if req.method == http.MethodGet {
		maps.Copy(query, req.form)
	}
	query.Set(wire.ParamAPIVersion, wire.APIVersion)
	if b.SessionID != "" && !strings.HasPrefix(req.path, "/client") {
		query.Set("_clerk_session_id", b.SessionID)
	}
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if req.method != http.MethodGet {
		method, body = http.MethodPost, strings.NewReader(req.form.Encode())
		if req.method != http.MethodPost {
			query.Set(wire.ParamMethod, req.method)
		}
	}
	out, err := http.NewRequestWithContext(ctx, method, c.base+"/v1"+req.path+"?"+query.Encode(), body)
	if err != nil {
		return nil, err
	}
	h := out.Header
	if method == http.MethodPost {
		h.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	c.setHeaders(h, b)
	return out, nil
}

// setHeaders speaks as the proxy in front of the browser.
func (c *Client) setHeaders(h http.Header, b Browser) {
	h.Set("Accept", "application/json")
	h.Set("Origin", c.origin.Scheme+"://"+c.origin.Host)
	h.Set(wire.HeaderProxyURL, c.proxyURL)
	h.Set(wire.HeaderSecretKey, c.secretKey)
	h.Set("X-Forwarded-Host", c.origin.Host)
	h.Set("X-Forwarded-Proto", c.origin.Scheme)
	h.Set("User-Agent", b.UserAgent) // "" sends none, rather than Go's
	if b.IP.IsValid() {
		h.Set("X-Forwarded-For", b.IP.String())
	}
	if b.ClientCookie != "" {
		h.Set("Cookie", cmp.Or(b.ClientName, wire.CookieClient)+"="+b.ClientCookie)
	}
}

// readJSON refuses what the protocol never sends: redirects, other types, huge bodies.
func readJSON(res *http.Response) ([]byte, error) {
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		return nil, fmt.Errorf("unexpected redirect (status %d)", res.StatusCode)
	}
	if t, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, fmt.Errorf("answer is not JSON (status %d)", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("answer is larger than %d bytes", maxBody)
	}
	return body, nil
}

func (c *Client) refusal(res *http.Response, body []byte) *Error {
	var env wire.Errors
	_ = json.Unmarshal(body, &env) // without an envelope the status speaks alone
	return &Error{
		Status: res.StatusCode, Errors: env.Errors,
		RetryAfter: retryAfter(res.Header.Get("Retry-After"), c.now()),
		SetCookies: ownCookies(res.Header),
	}
}

// ownCookies keeps the lines that set a cookie of the protocol: an upstream must not be
// able to write the app's other cookies.
func ownCookies(h http.Header) []string {
	var kept []string
	for _, line := range h["Set-Cookie"] {
		for _, prefix := range []string{wire.CookieClient, wire.CookieSession, wire.CookieRefresh, "__clerk_"} {
			if strings.HasPrefix(line, prefix) {
				kept = append(kept, line)
				break
			}
		}
	}
	return kept
}
