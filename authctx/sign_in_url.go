package authctx

import (
	"context"
	"net/url"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// SignInURL returns the sign-in page for the instance that guards ctx, carrying returnTo
// in redirect_url when it is a safe address to come back to (a path, or a URL on an
// allowed origin), and without it otherwise. A page on another origin also learns what it
// cannot know there: which development browser this is, that a satellite is to be
// synchronised on the way back, and that a pending session has a task left (protocol
// reference 6.4). Without [Authenticator.Handler] it is "/sign-in".
func SignInURL(ctx context.Context, returnTo string) string { return pageURL(ctx, returnTo, false) }

// SignUpURL is [SignInURL] for the sign-up page.
func SignUpURL(ctx context.Context, returnTo string) string { return pageURL(ctx, returnTo, true) }

func pageURL(ctx context.Context, returnTo string, signUp bool) string {
	page, origin := "/sign-in", ""
	var allowed []string
	if signUp {
		page = "/sign-up"
	}
	state := fromContext(ctx)
	if state != nil && state.owner != nil {
		in := state.owner.inst
		page, origin, allowed = in.signIn, state.owner.originOf(&state.http), in.returnOrigins
		if signUp {
			page = in.signUp
		}
	}
	target, _ := web.SafeReturn(returnTo, origin, allowed)
	if strings.Contains(page, "://") {
		return state.pageElsewhere(page, target)
	}
	if target == "" {
		return page
	}
	sep := "?"
	if strings.Contains(page, "?") {
		sep = "&"
	}
	return page + sep + wire.ParamRedirectURL + "=" + url.QueryEscape(target)
}

// pageElsewhere is page, an absolute address, with the way back to target; "" is none.
func (r *request) pageElsewhere(page, target string) string {
	u, err := parsePage(page)
	if err != nil {
		return page
	}
	in := r.owner.inst
	origin := r.owner.originOf(&r.http)
	own, _ := web.Origin(page)
	if strings.HasPrefix(target, "/") {
		if origin == "" {
			target = "" // nobody there could tell whose path it is
		} else {
			target = origin + target
		}
	}
	if target != "" {
		if (in.satellite || in.key.Live() && r.owner.elsewhere(&r.http)) && own != origin {
			target = needsSync(target)
		}
		setParam(u, wire.ParamRedirectURL, target)
	}
	if own == origin {
		return u.String()
	}
	if id := r.devBrowser(); id != "" {
		setParam(u, wire.ParamDevBrowser, id)
	}
	if r.auth.Status() == wire.SessionPending && !r.auth.SignedIn() {
		addTasks(u)
	}
	return u.String()
}

// parsePage reads the address of a page as browsers write it.
func parsePage(page string) (*url.URL, error) {
	u, err := url.Parse(page)
	if err == nil && u.Host != "" && u.Path == "" {
		u.Path = "/"
	}
	return u, err
}

// addTasks leads to what is left to do before a session counts; where pages are told apart by
// the fragment, that has the path.
func addTasks(u *url.URL) {
	if strings.HasPrefix(u.Fragment, "/") {
		u.Fragment, u.RawFragment = strings.TrimSuffix(u.Fragment, "/")+"/tasks", ""
		return
	}
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/")+"/tasks", ""
}

// needsSync makes a satellite look at the primary domain once the browser is back.
func needsSync(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return target
	}
	setParam(u, wire.ParamSynced, "false")
	return u.String()
}

// devBrowser is what a development instance knows the browser by; production instances have
// no such thing. The answer is then for this browser alone.
func (r *request) devBrowser() string {
	if r.owner.inst.key.IsZero() || r.owner.inst.key.Live() || r.http.URL == nil {
		return ""
	}
	r.markRead()
	var c credentials
	r.owner.read(&r.http, &c)
	r.owner.inst.dropForeign(&c)
	return devBrowser(&r.http, &c)
}
