package authctx

import (
	"context"
	"errors"
	"net/http"
	"net/url"

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
// that cannot be redirected. When it cannot, tail completes the reason
// "session-token-expired-refresh-…" (protocol reference 4.7).
func (a *Authenticator) refresh(r *http.Request, c *credentials, expired string) (d decision, tail string) {
	switch {
	case r.Method != http.MethodGet:
		return d, "non-eligible-non-get"
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
	d.cookies = cookies
	return d, ""
}

func (a *Authenticator) requestRefresh(r *http.Request, c *credentials, expired, sid string) (lines []string, tail string) {
	a.inst.dropForeign(c) // not done yet where a header decided
	path := "/sessions/" + url.PathEscape(sid) + "/refresh"
	if c.suffixed {
		path += "?" + wire.ParamSuffixedCookies + "=true"
	}
	var answer refreshAnswer
	err := a.backend.post(r.Context(), path, refreshRequest{
		Format: "cookie", ExpiredToken: expired, RefreshToken: decoded(c.refresh), RequestOrigin: a.originOf(r),
		RequestHeaders: forwardable(r.Header),
	}, &answer)
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
	a.log.WarnContext(r.Context(), "session could not be refreshed", "err", err)
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
