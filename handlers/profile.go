package handlers

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// notices are what a profile page says after a change, by the value of its query
// parameter: nothing from the address is ever shown.
var notices = map[string]string{
	"update":         "Your name was saved.",
	"password":       "Your password was changed.",
	"revoke_session": "That session was ended.",
}

const paramDone = "done"

// Profile shows the signed-in user with all sessions and, with Config.Users, what happened
// to the account of late, and takes changes: field action is
// update (first_name, last_name), password (current_password, new_password,
// sign_out_of_other_sessions) or revoke_session (session_id). Mount it behind
// [authctx.RequirePage].
func (h *Handlers) Profile(w http.ResponseWriter, r *http.Request) {
	w = shown(w, r, true)
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h.showProfile(w, r, http.StatusOK, views.Profile{Notice: notices[r.URL.Query().Get(paramDone)]}, nil)
	case http.MethodPost:
		h.takeProfile(w, r)
	default:
		h.methodNotAllowed(w, r, "GET, HEAD, POST")
	}
}

// acting is the browser with its session.
func (h *Handlers) acting(r *http.Request) fapi.Browser {
	b := h.browser(r)
	b.SessionID = authctx.FromContext(r.Context()).SessionID()
	return b
}

// showProfile completes p with what the Frontend API knows of the user. Names that were
// typed and refused are shown again.
func (h *Handlers) showProfile(w http.ResponseWriter, r *http.Request, status int, p views.Profile, typed url.Values) {
	b := h.acting(r)
	client, err := h.fapi.Client(r.Context(), b)
	if err != nil && !isSignedOut(err) {
		no := h.refused(w, r, err)
		h.message(w, r, no.status, "Profile", no.text)
		return
	}
	if err == nil {
		if s := sessionOf(client.Client, b.SessionID); s != nil {
			p.User = s.User
		}
	}
	if p.User == nil {
		h.signedOutElsewhere(w, r, h.profileURL(r))
		return
	}
	if typed.Has("first_name") || typed.Has("last_name") {
		p.User.FirstName, p.User.LastName = wire.NullString(typed.Get("first_name")), wire.NullString(typed.Get("last_name"))
	}
	p.CurrentSessionID, p.FormID = b.SessionID, rand.Text()
	if sessions, err := h.fapi.ActiveSessions(r.Context(), b); err == nil {
		p.Sessions = sessions.Resource
	} else { // the page says that the list is missing
		h.log.WarnContext(r.Context(), "sessions not listed", "err", err)
	}
	p.Activity = h.activity(r, p.User.ID)
	h.page(w, r, status, "Profile", views.UserProfile(p))
}

func isSignedOut(err error) bool {
	var refused *fapi.Error
	return errors.As(err, &refused) && refused.Status == http.StatusUnauthorized
}

// signedOutElsewhere answers a browser whose token outlived its session. After sign-in it
// comes back to page.
func (h *Handlers) signedOutElsewhere(w http.ResponseWriter, r *http.Request, page string) {
	h.forget(w)
	undone(w, authctx.SignInURL(r.Context(), page))
}

// sessionOf is the active session with that id, nil if there is none.
func sessionOf(client *wire.Client, id string) *wire.Session {
	if client == nil {
		return nil
	}
	for i := range client.Sessions {
		if s := &client.Sessions[i]; s.ID == id && s.Status == wire.SessionActive {
			return s
		}
	}
	return nil
}

func (h *Handlers) takeProfile(w http.ResponseWriter, r *http.Request) {
	form, bad := h.readForm(w, r)
	if bad != nil {
		h.showProfile(w, r, bad.status, views.Profile{Error: bad.text}, nil)
		return
	}
	h.once(w, r, form, rememberedBriefly, func(w http.ResponseWriter, r *http.Request) {
		h.takeProfileForm(w, r, form)
	})
}

func (h *Handlers) takeProfileForm(w http.ResponseWriter, r *http.Request, form url.Values) {
	action := form.Get("action")
	change := h.changes()[action]
	if change == nil {
		h.showProfile(w, r, http.StatusBadRequest, views.Profile{Error: errFormBody.text}, nil)
		return
	}
	lines, token, err := change(r, form)
	if isSignedOut(err) {
		h.signedOutElsewhere(w, r, h.profileURL(r))
		return
	}
	if err != nil {
		no := h.refused(w, r, err, "first_name", "last_name", "current_password", "new_password")
		h.showProfile(w, r, no.status, views.Profile{Error: no.text, Errors: no.fields}, form)
		return
	}
	h.remember(w, lines, token)
	redirect(w, h.profileURL(r)+"?"+paramDone+"="+action)
}

// change makes one kind of change. It returns cookies to relay and a token that already
// carries the change, so that the acting browser need not wait for its old one to expire.
type change func(*http.Request, url.Values) (lines []string, token string, err error)

func (h *Handlers) changes() map[string]change {
	return map[string]change{
		"update": func(r *http.Request, form url.Values) ([]string, string, error) {
			a, err := h.fapi.UpdateMe(r.Context(), h.acting(r), form.Get("first_name"), form.Get("last_name"))
			return renewed(h, r, a, err)
		},
		"password": func(r *http.Request, form url.Values) ([]string, string, error) {
			others := form.Get("sign_out_of_other_sessions") != ""
			a, err := h.fapi.ChangePassword(r.Context(), h.acting(r), form.Get("current_password"), form.Get("new_password"), others)
			return renewed(h, r, a, err)
		},
		"revoke_session": func(r *http.Request, form url.Values) ([]string, string, error) {
			a, err := h.fapi.RevokeSession(r.Context(), h.acting(r), form.Get("session_id"))
			return renewed(h, r, a, err)
		},
	}
}

// renewed takes the fresh token from the answer, or asks for one.
func renewed[T any](h *Handlers, r *http.Request, a *fapi.Answer[T], err error) ([]string, string, error) {
	if err != nil {
		return nil, "", err
	}
	b := h.acting(r)
	if token := a.Token(b.SessionID); token != "" {
		return a.SetCookies, token, nil
	}
	touched, err := h.fapi.Touch(r.Context(), b, b.SessionID)
	if err != nil { // the change stands; the present token lasts its minute
		h.log.WarnContext(r.Context(), "session token not renewed after a change", "err", err)
		return a.SetCookies, "", nil
	}
	return append(a.SetCookies, touched.SetCookies...), touched.Token(b.SessionID), nil
}
