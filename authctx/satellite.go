package authctx

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// checkSatellite reports what a satellite lacks (protocol reference 4.1).
func (in *instance) checkSatellite() error {
	if !in.satellite {
		return nil
	}
	var errs []error
	if in.domain == "" && in.proxyURL == "" {
		errs = append(errs, errors.New("authctx: IsSatellite needs Domain or ProxyURL: set the domain of this app"))
	}
	if !in.key.Live() { // the reference takes an address there, as apps on ports of localhost have
		in.domain = strings.TrimPrefix(strings.TrimPrefix(in.domain, "https://"), "http://")
	}
	if strings.ContainsAny(in.domain, "/ ") || in.key.Live() && strings.Contains(in.domain, ":") {
		errs = append(errs, errors.New("authctx: Domain is a name only: write it like app.example.net"))
	}
	if !in.key.Live() && !strings.Contains(in.signIn, "://") {
		errs = append(errs, errors.New("authctx: a satellite with development keys needs SignInURL to be the absolute address of the primary app's sign-in page"))
	}
	return errors.Join(errs...)
}

// setPrimaryPages finds the pages of the primary app where they are not configured (protocol
// reference 6.4).
func (in *instance) setPrimaryPages() {
	portal := "https://" + accountsHost(in.key.Host())
	if u, err := url.Parse(in.signIn); in.signUp == "" && in.signIn != "" && err == nil {
		in.signUp = u.JoinPath("create").String()
	}
	if in.signIn == "" {
		in.signIn = portal + "/sign-in"
	}
	if in.signUp == "" {
		in.signUp = portal + "/sign-up"
	}
}

// frontendHost is the host of this app's Frontend API: a satellite on a production
// instance has one on its own domain (protocol reference 1.1).
func (in *instance) frontendHost() string {
	if in.satellite && in.key.Live() && in.domain != "" {
		return "clerk." + in.domain
	}
	return in.key.Host()
}

// decideBySync keeps the session of several domains in step: a satellite asks the primary
// domain, and the primary domain answers (protocol reference 4.4, D2 and D3).
func (a *Authenticator) decideBySync(r *http.Request, c *credentials) (decision, bool) {
	if a.inst.satellite {
		return a.decideAsSatellite(r, c)
	}
	if a.inst.key.Live() && c.session == "" && c.uat == 0 && a.elsewhere(r) && queryParam(r, wire.ParamSynced) == "false" {
		return a.maybeHandshake(r, c, wire.ReasonSatelliteNeedsSyncing, ""), true
	}
	back := queryParam(r, paramSyncReturn)
	if a.inst.key.Live() || back == "" {
		return decision{}, false
	}
	target, err := url.Parse(back)
	if err != nil || target.Host == "" || !a.mayReturnTo(r, back) {
		return decision{}, false
	}
	if id := devBrowser(r, c); id != "" {
		appendParam(target, wire.ParamDevBrowser, id)
	}
	appendParam(target, wire.ParamSynced, "true")
	return a.handshakeTo(r, c, wire.ReasonPrimaryRespondsSyncing, target.String()), true
}

// paramSyncReturn says where a satellite wants its browser back.
const paramSyncReturn = "__clerk_redirect_url"

func (a *Authenticator) decideAsSatellite(r *http.Request, c *credentials) (decision, bool) {
	synced := queryParam(r, wire.ParamSynced)
	if r.Method != http.MethodGet || !c.document(r) || synced == "true" {
		return decision{}, false
	}
	nothing := c.session == "" && c.uat == 0
	if nothing && !a.inst.autoSync && synced != "false" {
		return a.signedOut(wire.ReasonSessionAndUATMissing), true
	}
	if !nothing && synced != "false" {
		return decision{}, false
	}
	if a.inst.key.Live() {
		return a.maybeHandshake(r, c, wire.ReasonSatelliteNeedsSyncing, c.session), true
	}
	origin := a.originOf(r)
	if origin == "" {
		return a.signedOut(wire.ReasonSatelliteNeedsSyncing), true
	}
	target, err := parsePage(a.inst.signIn)
	if err != nil {
		return a.signedOut(wire.ReasonSatelliteNeedsSyncing), true
	}
	back := a.wayBack(r)
	if back == "" {
		return a.signedOut(wire.ReasonSatelliteNeedsSyncing), true
	}
	appendParam(target, paramSyncReturn, back)
	return a.handshakeTo(r, c, wire.ReasonSatelliteNeedsSyncing, target.String()), true
}

// document reports a navigation of a whole page, also one that a service worker passed on.
func (c *credentials) document(r *http.Request) bool {
	return c.dest == "document" || c.dest == "empty" && field(r.Header, "Sec-Fetch-Mode") == "navigate"
}

// fromElsewhere reports a navigation that began on another site. The session may have
// changed there, if it was a satellite, so the primary domain has a look (protocol
// reference 4.4, D13). Only the hosts that belong to this very instance are known; a
// host that merely looks like one is not (C20).
func (a *Authenticator) fromElsewhere(r *http.Request, c *credentials) bool {
	if a.inst.satellite || r.Method != http.MethodGet || c.redirects != 0 || !c.document(r) {
		return false
	}
	origin := a.originOf(r)
	if path, ok := strings.CutPrefix(c.referer, origin); ok && (path == "" || path[0] == '/') {
		return false // the usual case, settled without parsing
	}
	u, err := url.Parse(c.referer)
	if err != nil || u.Host == "" {
		return false
	}
	if from, ok := web.Origin(u.Scheme + "://" + u.Host); origin == "" || ok && from == origin {
		return false
	}
	return !a.inst.knows(u, a.frontendAPI(origin)) && a.mayRedirect(r, c) && a.handshakeURL(r, c, wire.ReasonCrossOriginSync, c.session) != ""
}

// knows reports the Frontend API's host, in front of which a proxy stands if there is
// one, and the account portal, by https only.
func (in *instance) knows(u *url.URL, frontendAPI string) bool {
	if front, err := url.Parse(frontendAPI); err == nil && strings.EqualFold(u.Hostname(), front.Hostname()) {
		return true
	}
	return in.proxyURL == "" && u.Scheme == "https" && strings.EqualFold(u.Host, accountsHost(in.key.Host()))
}

// accountsHost is the account portal of the instance whose Frontend API is on host
// (protocol reference 1.1).
func accountsHost(host string) string {
	for _, shared := range []string{"accountsstage.", "accounts."} { // of instances without a domain of their own
		if before, after, ok := strings.Cut("."+host, ".clerk."+shared); ok {
			return strings.TrimPrefix(before+"."+shared+after, ".")
		}
	}
	if rest, ok := strings.CutPrefix(host, "clerk."); ok {
		return "accounts." + rest
	}
	return host
}

// mayReturnTo accepts the app's own origin and the configured ones. The reference hands
// the development browser to whatever address is asked for; here a satellite's origin has
// to be listed (R01).
func (a *Authenticator) mayReturnTo(r *http.Request, target string) bool {
	_, ok := web.SafeReturn(target, a.originOf(r), a.inst.returnOrigins)
	return ok
}
