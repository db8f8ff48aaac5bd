package authctx

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// forged reports a request that another origin's page may have made with the cookies of its
// visitor: it can change something, nothing but a cookie says who sent it, and the browser
// says that it comes from elsewhere. Another port or subdomain is another origin. SameSite
// does not help there, because those are the same site. A request that says nothing about
// its origin is no browser's of today, as [http.CrossOriginProtection] has it.
func (a *Authenticator) forged(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet:
		if len(r.Header["Upgrade"]) == 0 || !lists(r.Header, "Upgrade", "websocket") {
			return false
		}
	case http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return a.foreign(r) && bearerToken(oneLine(r.Header["Authorization"])) == ""
}

// foreign reports a request of which the browser says that a page of another origin sent
// it, and not of one that the configuration trusts.
func (a *Authenticator) foreign(r *http.Request) bool {
	origins := r.Header["Origin"]
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return false
	case "":
		if len(origins) == 0 || a.own(r, origins) {
			return false
		}
	}
	return len(origins) != 1 || !slices.Contains(a.inst.trusted, origins[0])
}

// sameOrigin reports a request of which the browser says that the app's own page sent it. A
// request that does not say where it comes from is not believed to be one.
func (a *Authenticator) sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return a.own(r, r.Header["Origin"])
}

// own compares an Origin field with the app's own origin. Where none is configured, the
// host that the browser asked is the best there is.
func (a *Authenticator) own(r *http.Request, origins []string) bool {
	if len(origins) != 1 || origins[0] == "" {
		return false
	}
	if own := a.originOf(r); own != "" {
		return origins[0] == own
	}
	u, err := url.Parse(origins[0])
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}
