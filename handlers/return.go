package handlers

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/web"
)

// returnTo is where to lead after sign-in or sign-up: target if it is safe, "" if not. It
// was decoded exactly once, by the form or the query. A target that would begin the walk
// again, sign out, or call the Frontend API is not one to come back to.
func (h *Handlers) returnTo(r *http.Request, target string) string {
	target, ok := web.SafeReturn(target, h.cfg.PublicOrigin, h.cfg.AllowedRedirectOrigins)
	if !ok {
		return ""
	}
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	p := strings.ToLower(path.Clean(u.Path))
	for _, own := range []string{h.signInURL(r), h.signUpURL(r), h.cfg.SignOutURL, h.cfg.ProxyPath} {
		if p == own || strings.HasPrefix(p, own+"/") {
			return ""
		}
	}
	return target
}

// leadTo is returnTo with the default place for what is not safe.
func (h *Handlers) leadTo(r *http.Request, target string) string {
	if target = h.returnTo(r, target); target == "" {
		return h.cfg.AfterSignIn
	}
	return target
}

// What follows is where the pages are: as the app says in either Config.

func (h *Handlers) signInURL(r *http.Request) string {
	return h.ownPage(h.given.SignInURL, authctx.InstanceFromContext(r.Context()).SignInURL, h.cfg.SignInURL)
}

func (h *Handlers) signUpURL(r *http.Request) string {
	return h.ownPage(h.given.SignUpURL, authctx.InstanceFromContext(r.Context()).SignUpURL, h.cfg.SignUpURL)
}

func (h *Handlers) profileURL(r *http.Request) string {
	return h.ownPage(h.given.ProfileURL, authctx.InstanceFromContext(r.Context()).ProfileURL, h.cfg.ProfileURL)
}

func (h *Handlers) organizationsURL(r *http.Request) string {
	return h.ownPage(h.given.OrganizationsURL, authctx.InstanceFromContext(r.Context()).OrganizationsURL, h.cfg.OrganizationsURL)
}

// ownPage is the first that is a page of this app, as a path.
func (h *Handlers) ownPage(candidates ...string) string {
	for _, c := range candidates {
		if c = strings.TrimPrefix(c, h.cfg.PublicOrigin); strings.HasPrefix(c, "/") {
			return c
		}
	}
	return ""
}
