package handlers

import (
	"net/url"
	"path"
	"strings"

	"github.com/usherauth/usher/internal/web"
)

// returnTo is where to lead after sign-in or sign-up: target if it is safe, "" if not. It
// was decoded exactly once, by the form or the query. A target that would begin the walk
// again, sign out, or call the Frontend API is not one to come back to.
func (h *Handlers) returnTo(target string) string {
	target, ok := web.SafeReturn(target, h.cfg.PublicOrigin, h.cfg.AllowedRedirectOrigins)
	if !ok {
		return ""
	}
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	p := strings.ToLower(path.Clean(u.Path))
	for _, own := range []string{h.cfg.SignInURL, h.cfg.SignUpURL, h.cfg.SignOutURL, h.cfg.ProxyPath} {
		if p == own || strings.HasPrefix(p, own+"/") {
			return ""
		}
	}
	return target
}

// leadTo is returnTo with the default place for what is not safe.
func (h *Handlers) leadTo(target string) string {
	if target = h.returnTo(target); target == "" {
		return h.cfg.AfterSignIn
	}
	return target
}
