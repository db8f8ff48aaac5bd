package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// SignOut ends every session of the browser and leads to AfterSignOut. It takes POST
// only: a link, a prefetch or an image of another site signs nobody out.
//
// When the instance cannot be reached, this browser is signed out all the same, by
// forgetting its cookies, and a page with status 503 says that the session itself goes
// on until it expires: a person who walks away from a shared computer must be out, and a
// person who worries about a stolen cookie must know that it still works.
func (h *Handlers) SignOut(w http.ResponseWriter, r *http.Request) {
	w = shown(w, r, false)
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		h.offerSignOut(w, r, http.StatusMethodNotAllowed, "Use the button to sign out: an address alone signs nobody out.")
		return
	}
	if _, bad := h.readForm(w, r); bad != nil {
		text := bad.text
		if bad == errCrossSite {
			text = "Another website asked to sign you out, so nothing was done. If it was you, use the button."
		}
		h.offerSignOut(w, r, bad.status, text)
		return
	}
	if h.signOutHere(w, r) {
		redirect(w, h.cfg.AfterSignOut)
	}
}

// signOutHere ends every session of the browser. False means that it wrote the answer: the
// browser was signed out, and the sessions go on.
func (h *Handlers) signOutHere(w http.ResponseWriter, r *http.Request) bool {
	lines, err := h.endSessions(r)
	relay(w, lines)
	h.forget(w)
	h.sent.forget(bySession+authctx.FromContext(r.Context()).SessionID(), byVisit+h.visit(r))
	if err == nil {
		return true
	}
	h.log.WarnContext(r.Context(), "sessions not ended", "err", err)
	if len(r.CookiesNamed(wire.CookieClient+"_"+h.suffix)) > 0 {
		web.SetCookies(w.Header(), web.OwnClientCookie(h.suffix, "", h.secure))
	} else {
		web.SetCookies(w.Header(), web.ClientCookie("", h.secure))
	}
	h.page(w, r, http.StatusServiceUnavailable, "Signed out on this device only", templ.Join(
		alert("This browser has forgotten you, but the sign-in service could not be reached to end the session itself. It ends when it expires; sign in and out again to end it now."),
		link(h.cfg.AfterSignOut, "Continue")))
	return false
}

// offerSignOut says why nobody was signed out, with a way to do it.
func (h *Handlers) offerSignOut(w http.ResponseWriter, r *http.Request, status int, why string) {
	h.page(w, r, status, "Sign out", templ.Join(alert(why), views.SignOut()))
}

// endSessions returns the Set-Cookie lines to relay, which are the same whichever client
// they are about. A browser whose sessions are gone already is as signed out as one could
// wish.
func (h *Handlers) endSessions(r *http.Request) ([]string, error) {
	if h.fapi == nil {
		return nil, h.revokeCurrent(r.Context())
	}
	browsers := h.candidates(r)
	if len(browsers) > maxCandidates {
		return nil, errCandidates
	}
	var lines []string
	var errs []error
	for _, b := range browsers {
		answer, err := h.fapi.EndSessions(r.Context(), b)
		var refused *fapi.Error
		switch {
		case err == nil:
			lines = answer.SetCookies
		case errors.As(err, &refused) && (refused.Status == http.StatusUnauthorized || refused.Status == http.StatusNotFound):
			lines = refused.SetCookies
		default:
			errs = append(errs, err)
		}
	}
	return lines, errors.Join(errs...)
}

// maxCandidates bounds the calls that one sign-out can cause.
const maxCandidates = 4

var errCandidates = errors.New("the request has too many different client cookies")

// revokeCurrent is sign-out where the client cookie is on the instance's own host.
func (h *Handlers) revokeCurrent(ctx context.Context) error {
	id := authctx.FromContext(ctx).SessionID()
	if id == "" {
		return nil
	}
	_, err := h.cfg.Users.Sessions.Revoke(ctx, id)
	if errors.Is(err, userclient.ErrNotFound) {
		return nil
	}
	return err
}
