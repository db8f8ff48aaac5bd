package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// The pages of sign-in and sign-up take tickets, too: the secret in the link of an invitation
// or of a sign-in token. Which page a link opens does not matter. What it shows depends on
// whom the ticket is for and on who is signed in, and a form uses the ticket (F07, F12).

// Actions of the form that a link opens.
const (
	actionAccept = "accept" // in the session that there is
	actionSwitch = "switch" // sign out first
)

const titleTicket = "Your invitation"

// ticketRequest is a link as it was opened, or the form that it opened.
type ticketRequest struct {
	ticket, returnTo string
	formID           string // that a form was sent with
	signUp           bool   // on the sign-up page
	status           int    // of the page; 0 is 200
	refusal          refusal
}

// ticketURL is a page with a ticket.
func ticketURL(page, ticket, returnTo string) string {
	query := url.Values{wire.ParamTicket: {ticket}}
	if returnTo != "" {
		query.Set(wire.ParamRedirectURL, returnTo)
	}
	return page + "?" + query.Encode()
}

// FollowTickets takes links with tickets that lead to any page of the app, as those of
// invitations with a redirect_url do: it redirects to the sign-in page, which says what the
// ticket is for, and from there back to the page. Put it around the app's pages, outside of
// guards; a page that uses tickets itself, by the browser client, goes without it. With
// Config.NoProxy it does nothing.
func (h *Handlers) FollowTickets(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.fapi == nil || r.Method != http.MethodGet || !strings.Contains(r.URL.RawQuery, wire.ParamTicket) {
			next.ServeHTTP(w, r)
			return
		}
		page := *web.Requested(r)
		query := page.Query()
		ticket := query.Get(wire.ParamTicket)
		if ticket == "" || page.Path == h.signInURL(r) || page.Path == h.signUpURL(r) {
			next.ServeHTTP(w, r)
			return
		}
		query.Del(wire.ParamTicket)
		query.Del(wire.ParamTicketStatus)
		page.RawQuery = query.Encode()
		w.Header().Set("Referrer-Policy", "no-referrer")
		redirect(w, ticketURL(h.signInURL(r), ticket, h.returnTo(r, page.RequestURI())))
	})
}

// showTicket shows what the holder of a ticket can do with it.
func (h *Handlers) showTicket(w http.ResponseWriter, r *http.Request, t ticketRequest) {
	// The address has the ticket. With no referrer at all, the form's Origin would be null.
	w.Header().Set("Referrer-Policy", "same-origin")
	client, ok := h.client(w, r, titleTicket)
	if !ok {
		return
	}
	b, person := h.here(r, client)
	f := views.TicketForm{
		Ticket: t.ticket, RedirectURL: t.returnTo, Person: personName(person), ContinueURL: h.leadTo(r, t.returnTo),
		Error: t.refusal.text, Errors: t.refusal.fields, FormID: h.identify(w, r, t.formID),
	}
	if t.ticket == "" {
		h.deadTicket(w, r, http.StatusNotFound, f, textNoTicket)
		return
	}
	info, err := h.fapi.Ticket(r.Context(), b, t.ticket)
	if err != nil {
		no := h.refused(w, r, err)
		if refusedFor(err, never) {
			no.text = textNoTicket
		}
		h.deadTicket(w, r, ticketStatus(err, no.status), f, no.text)
		return
	}
	status := t.status
	if status == 0 {
		status = http.StatusOK
	}
	title := titleTicket
	if info == nil { // the instance does not say; the page that was opened does
		if f.Person == "" && t.signUp {
			h.page(w, r, status, "Sign up", views.SignUp(views.SignUpForm{Ticket: t.ticket, RedirectURL: t.returnTo, FormID: f.FormID, Error: f.Error, Errors: f.Errors}))
			return
		}
		info = &wire.TicketInfo{Kind: wire.TicketSignIn}
	}
	if info.Kind == wire.TicketSignIn || info.Kind == wire.TicketActor {
		title = "Sign in"
	}
	f.EmailAddress, f.Organization, f.Inviter = info.EmailAddress, info.OrganizationName, info.InviterName
	f.Mine, f.Unverified = info.SignedIn == wire.TicketHolderSelf, info.Account == wire.TicketAccountUnverified
	if f.Person == "" && (info.Account == wire.TicketAccountNone || f.Unverified && !info.HasPassword) {
		h.page(w, r, status, "Sign up", views.SignUp(views.SignUpForm{
			Ticket: t.ticket, EmailAddress: f.EmailAddress, Organization: f.Organization, Inviter: f.Inviter,
			RedirectURL: t.returnTo, FormID: f.FormID, Error: f.Error, Errors: f.Errors,
		}))
		return
	}
	h.page(w, r, status, title, views.Ticket(f))
}

// deadTicket says why a link does not work, with ways on.
func (h *Handlers) deadTicket(w http.ResponseWriter, r *http.Request, status int, f views.TicketForm, text string) {
	f.Ticket, f.Error, f.Errors = "", text, nil
	title := "This link can't be used"
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		title = titleTicket
	}
	h.page(w, r, status, title, views.Ticket(f))
}

// ticketStatus is 410 for a link that was good once and 404 for one that never was (RFC 9110
// §15.5.11).
func ticketStatus(err error, otherwise int) int {
	switch {
	case refusedFor(err, over):
		return http.StatusGone
	case refusedFor(err, never):
		return http.StatusNotFound
	}
	return otherwise
}

// useTicket signs in by a ticket, with the password of an account that its owner never
// verified if there is one.
func (h *Handlers) useTicket(w http.ResponseWriter, r *http.Request, form url.Values) {
	t := ticketRequest{ticket: form.Get("ticket"), returnTo: h.returnTo(r, form.Get(wire.ParamRedirectURL)), formID: form.Get(paramFormID)}
	b := h.browser(r)
	var answer *fapi.Answer[wire.SignIn]
	var err error
	if password := form.Get("password"); password != "" {
		answer, err = h.fapi.SignInInvited(r.Context(), b, t.ticket, password)
	} else {
		answer, err = h.fapi.SignInWithTicket(r.Context(), b, t.ticket)
	}
	if err != nil {
		h.refuseTicket(w, r, t, err, "password")
		return
	}
	if answer.Resource.Status != wire.StatusComplete {
		h.secondStep(w, r, answer, views.SignInForm{RedirectURL: t.returnTo})
		return
	}
	h.remember(w, answer.SetCookies, answer.Token(string(answer.Resource.CreatedSessionID)))
	redirect(w, h.leadTo(r, t.returnTo))
}

// moved are refusals of a ticket whose page has changed since it was opened: an account was
// made, or somebody signed in.
var moved = []string{wire.CodeSessionExists, wire.CodeIdentifierSignedIn, wire.CodeInvitationNoAccount, wire.CodeInvitationAccountExists}

// over are refusals of tickets that were good once.
var over = []string{
	wire.CodeTicketExpired, wire.CodeInvitationRevoked, wire.CodeInvitationAccepted, wire.CodeInvitationNotPending,
	wire.CodeSignInTokenUsed, wire.CodeSignInTokenRevoked, wire.CodeActorTokenUsed, wire.CodeActorTokenRevoked,
}

// never are refusals of what was no ticket for this.
var never = []string{
	wire.CodeTicketInvalid, wire.CodeInvitationNotFound, wire.CodeParamMissing,
	wire.CodeSignInTokenNotHere, wire.CodeActorTokenNotHere,
}

func refusedFor(err error, codes []string) bool {
	var refused *fapi.Error
	return errors.As(err, &refused) && slices.ContainsFunc(codes, refused.Has)
}

// refuseTicket shows a ticket's page again, or the one that is right by now.
func (h *Handlers) refuseTicket(w http.ResponseWriter, r *http.Request, t ticketRequest, err error, fields ...string) {
	no := h.refused(w, r, err, fields...)
	switch {
	case refusedFor(err, []string{wire.CodeInvitationNoAccount}):
		undone(w, ticketURL(h.signUpURL(r), t.ticket, t.returnTo))
	case refusedFor(err, moved):
		undone(w, ticketURL(h.signInURL(r), t.ticket, t.returnTo))
	case refusedFor(err, over), refusedFor(err, never) && len(no.fields) == 0:
		f := views.TicketForm{RedirectURL: t.returnTo, ContinueURL: h.leadTo(r, t.returnTo)}
		h.deadTicket(w, r, no.status, f, no.text)
	default:
		t.status, t.refusal = no.status, no
		h.showTicket(w, r, t)
	}
}

// ticketRefused reports an error that is about the ticket, not about what was filled in.
func ticketRefused(err error) bool {
	return refusedFor(err, moved) || refusedFor(err, over) || refusedFor(err, never[:2]) || refusedFor(err, never[3:])
}

// describeInvited fills in what an invitation says. A form is as good without.
func (h *Handlers) describeInvited(r *http.Request, f *views.SignUpForm) {
	info, err := h.fapi.Ticket(r.Context(), h.browser(r), f.Ticket)
	if err != nil || info == nil {
		f.EmailAddress = ""
		return
	}
	f.EmailAddress, f.Organization, f.Inviter = info.EmailAddress, info.OrganizationName, info.InviterName
}

// takeTicketAction takes the forms that a link shows to somebody who is signed in.
func (h *Handlers) takeTicketAction(w http.ResponseWriter, r *http.Request, form url.Values) {
	t := ticketRequest{ticket: form.Get("ticket"), returnTo: h.returnTo(r, form.Get(wire.ParamRedirectURL)), formID: form.Get(paramFormID)}
	if form.Get("action") == actionSwitch {
		if h.signOutHere(w, r) {
			redirect(w, ticketURL(h.signInURL(r), t.ticket, t.returnTo))
		}
		return
	}
	client, ok := h.client(w, r, titleTicket)
	if !ok {
		return
	}
	b, person := h.here(r, client)
	if person == nil { // signed out since the form was opened
		undone(w, ticketURL(h.signInURL(r), t.ticket, t.returnTo))
		return
	}
	answer, err := h.fapi.AcceptTicket(r.Context(), b, t.ticket)
	if isSignedOut(err) {
		undone(w, ticketURL(h.signInURL(r), t.ticket, t.returnTo))
		return
	}
	if err != nil {
		h.refuseTicket(w, r, t, err)
		return
	}
	h.remember(w, answer.SetCookies, answer.Token(b.SessionID))
	redirect(w, h.leadTo(r, t.returnTo))
}

// here is the browser with its session, and who is signed in there; nil is nobody. A browser
// that lost its session token has a session all the same.
func (h *Handlers) here(r *http.Request, client *wire.Client) (fapi.Browser, *wire.User) {
	b := h.acting(r)
	s := sessionOf(client, b.SessionID)
	if s == nil {
		s = sessionOf(client, string(client.LastActiveSessionID))
	}
	if s == nil || s.User == nil {
		b.SessionID = ""
		return b, nil
	}
	b.SessionID = s.ID
	return b, s.User
}

// personName is how people know somebody: by name, or by address; "" for nobody.
func personName(u *wire.User) string {
	if u == nil {
		return ""
	}
	return cmp.Or(u.FullName(), u.PrimaryEmail(), u.ID)
}
