package authctx

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// refreshAnswer is what the Backend API says to a refresh.
type refreshAnswer struct {
	Cookies cookieLines `json:"cookies"`
}

// refreshRequest is what it is asked (protocol reference 4.7).
type refreshRequest struct {
	Format         string              `json:"format"`
	ExpiredToken   string              `json:"expired_token"`
	RefreshToken   string              `json:"refresh_token"`
	RequestOrigin  string              `json:"request_origin"`
	RequestHeaders map[string][]string `json:"request_headers"`
}

// refresh renews an expired session from server to server, which also works for requests
// that cannot be redirected. The reference does so for GET alone, because pages of other
// origins must not profit from it when something is changed; the app's own pages, which
// browsers tell apart, lose nothing of what people send. When it cannot, tail completes the reason
// "session-token-expired-refresh-…" (protocol reference 4.7).
func (a *Authenticator) refresh(r *http.Request, c *credentials, expired string) (d decision, tail string) {
	switch {
	case r.Method != http.MethodGet && !a.sameOrigin(r):
		return d, notGet
	case a.authPage(r):
		return d, "non-eligible-auth-page"
	case c.refresh == "":
		return d, "non-eligible-no-refresh-cookie"
	case !a.inst.refreshable:
		return d, "missing-api-client"
	}
	t, err := token.Parse(expired, a.inst.maxTokenBytes)
	if err != nil {
		return d, "expired-session-token-decode-failed"
	}
	sid, _ := t.Payload.String("sid")
	if sid == "" {
		return d, "expired-session-token-missing-sid-claim"
	}
	lines, tail := a.requestRefresh(r, c, expired, sid)
	if tail != "" {
		return d, tail
	}
	cookies, session := acceptable(lines)
	auth, err := a.verify(r.Context(), session)
	if err != nil {
		return d, "invalid-session-token"
	}
	d = signedIn(auth)
	if r.Method != http.MethodGet && !a.sameSender(r, expired, d.auth) {
		return decision{}, notGet
	}
	d.cookies = cookies
	return d, ""
}

// refreshes remembers the sessions whose refresh was refused: whoever has one expired token
// could otherwise cause a call with each request, until the instance has no allowance left
// for anybody. A renewal that fails leads to the handshake, which gives a fresh token.
type refreshes struct {
	mu sync.Mutex
	refusals
}

func (s *refreshes) check(sid string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusals.check(sha256.Sum256([]byte(sid)), now)
}

func (s *refreshes) learn(sid string, err error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals.learn(sha256.Sum256([]byte(sid)), err, now)
}

// notGet is the reference's word for a request that changes something.
const notGet = "non-eligible-non-get"

// sameSender reports that a renewed session is of the user and the organization that the
// expired token names. What a person sends is for those whose page it was sent from.
func (a *Authenticator) sameSender(r *http.Request, expired string, renewed *Auth) bool {
	v, err := a.lookup(r.Context(), expired, a.now())
	return err == nil && renewed.UserID() == v.auth.UserID() && renewed.OrgID() == v.auth.OrgID()
}

func (a *Authenticator) requestRefresh(r *http.Request, c *credentials, expired, sid string) (lines []string, tail string) {
	a.inst.dropForeign(c) // not done yet where a header decided
	path := "/sessions/" + url.PathEscape(sid) + "/refresh"
	if c.suffixed {
		path += "?" + wire.ParamSuffixedCookies + "=true"
	}
	var answer refreshAnswer
	err := a.refreshes.check(sid, a.now())
	if errors.Is(err, errBusy) {
		return nil, "fetch-error"
	}
	if err == nil {
		err = a.backend.post(r.Context(), path, refreshRequest{
			Format: "cookie", ExpiredToken: expired, RefreshToken: decoded(c.refresh), RequestOrigin: a.originOf(r),
			RequestHeaders: forwardable(r.Header),
		}, &answer)
		a.refreshes.learn(sid, err, a.now())
	}
	var refused *wire.BackendError
	switch {
	case err == nil && len(answer.Cookies) == 0:
		return nil, "unexpected-sdk-error"
	case err == nil:
		return answer.Cookies, ""
	case errors.As(err, &refused):
		if refused.Code == "" {
			return nil, "unexpected-bapi-error"
		}
		return nil, refused.Code
	case errors.Is(err, context.Canceled):
		return nil, "fetch-error"
	}
	a.warn(r.Context(), "session could not be refreshed", err)
	return nil, "fetch-error"
}

// forwardable is what the service may know of the browser. Credentials are not among it:
// the ones that count are in the request already.
func forwardable(h http.Header) map[string][]string {
	out := map[string][]string{}
	for _, name := range []string{"User-Agent", "Accept-Language", "Origin", "Referer", "Sec-Fetch-Dest"} {
		if v := h.Values(name); len(v) > 0 {
			out[name] = v
		}
	}
	return out
}
