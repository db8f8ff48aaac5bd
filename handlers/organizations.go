package handlers

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// organizationNotices are what the page says after a change, by action.
var organizationNotices = map[string]string{
	"create":            "Organization created.",
	"switch":            "Your active organization was changed.",
	"invite":            "The invitation is waiting to be accepted.",
	"revoke_invitation": "The invitation was withdrawn.",
	"change_role":       "Saved. The new role is in effect within a minute.",
	"remove_member":     "That person is no longer a member.",
	"accept":            "You joined the organization.",
	"leave":             "You have left the organization.",
}

// Organizations shows the organizations of the signed-in user, and the members of the one
// that the session acts for. It takes changes: field action is create (name), switch
// (organization_id, empty for the personal account), invite (organization_id, email_address,
// role), revoke_invitation (organization_id, invitation_id), change_role (organization_id,
// user_id, role), remove_member (organization_id, user_id), accept (invitation_id) or leave
// (organization_id). Mount it behind [authctx.RequirePage].
func (h *Handlers) Organizations(w http.ResponseWriter, r *http.Request) {
	w = shown(w, r, true)
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h.showOrganizations(w, r, http.StatusOK, views.Organizations{Notice: organizationNotices[r.URL.Query().Get(paramDone)]})
	case http.MethodPost:
		h.takeOrganizations(w, r)
	default:
		h.methodNotAllowed(w, r, "GET, HEAD, POST")
	}
}

// showOrganizations completes o with what the Frontend API knows. A list that it does not
// give is missing on the page, which says so where there must be one.
func (h *Handlers) showOrganizations(w http.ResponseWriter, r *http.Request, status int, o views.Organizations) {
	ctx, b := r.Context(), h.acting(r)
	client, err := h.fapi.Client(ctx, b)
	if err != nil && !isSignedOut(err) {
		no := h.refused(w, r, err)
		h.message(w, r, no.status, "Organizations", no.text)
		return
	}
	var session *wire.Session
	if err == nil {
		session = sessionOf(client.Client, b.SessionID)
	}
	if session == nil || session.User == nil {
		h.signedOutElsewhere(w, r, h.organizationsURL(r))
		return
	}
	o.FormID = rand.Text()
	o.UserID, o.Memberships = session.User.ID, session.User.OrganizationMemberships
	if received, err := h.fapi.ReceivedInvitations(ctx, b); h.listed(r, err) {
		o.Received = received.Resource.Data
	}
	active := slices.IndexFunc(o.Memberships, func(m wire.OrganizationMembership) bool {
		return m.Organization != nil && m.Organization.ID == string(session.LastActiveOrganizationID)
	})
	if active >= 0 {
		o.Active = &o.Memberships[active]
		h.listActive(r, b, &o)
	}
	h.page(w, r, status, "Organizations", views.UserOrganizations(o))
}

// listActive adds what the user may see of the active organization.
func (h *Handlers) listActive(r *http.Request, b fapi.Browser, o *views.Organizations) {
	ctx, id := r.Context(), o.Active.Organization.ID
	manages := slices.Contains(o.Active.Permissions, wire.PermissionMembershipsManage)
	if manages || slices.Contains(o.Active.Permissions, wire.PermissionMembershipsRead) {
		if members, err := h.fapi.Members(ctx, b, id); h.listed(r, err) {
			o.Members = members.Resource.Data
		}
	}
	if manages {
		if sent, err := h.fapi.SentInvitations(ctx, b, id); h.listed(r, err) {
			o.Sent = sent.Resource.Data
		}
		if roles, err := h.fapi.Roles(ctx, b, id); h.listed(r, err) {
			o.Roles = roles.Resource.Data
		}
	}
}

func (h *Handlers) listed(r *http.Request, err error) bool {
	if err != nil {
		h.log.WarnContext(r.Context(), "part of the organizations page not listed", "err", err)
	}
	return err == nil
}

func (h *Handlers) takeOrganizations(w http.ResponseWriter, r *http.Request) {
	form, bad := h.readForm(w, r)
	if bad != nil {
		h.showOrganizations(w, r, bad.status, views.Organizations{Error: bad.text})
		return
	}
	keep := rememberedBriefly
	if action := form.Get("action"); action == "create" || action == "invite" {
		keep = rememberedLonger
	}
	h.once(w, r, form, keep, func(w http.ResponseWriter, r *http.Request) {
		h.takeOrganizationsForm(w, r, form)
	})
}

func (h *Handlers) takeOrganizationsForm(w http.ResponseWriter, r *http.Request, form url.Values) {
	action := form.Get("action")
	change := h.organizationChanges()[action]
	if change == nil {
		h.showOrganizations(w, r, http.StatusBadRequest, views.Organizations{Error: errFormBody.text})
		return
	}
	lines, token, err := change(r, form)
	if isSignedOut(err) {
		h.signedOutElsewhere(w, r, h.organizationsURL(r))
		return
	}
	if err != nil {
		h.refuseOrganizations(w, r, form, err)
		return
	}
	h.remember(w, lines, token)
	redirect(w, h.organizationsURL(r)+"?"+paramDone+"="+action)
}

// refuseOrganizations shows the page again with what was typed. The forms about members have
// nothing to type: they show what is.
func (h *Handlers) refuseOrganizations(w http.ResponseWriter, r *http.Request, form url.Values, err error) {
	if form.Has("user_id") {
		no := h.refused(w, r, err)
		if no.text == texts[wire.CodeResourceNotFound] {
			no.text = "This person is not a member any more."
		}
		h.showOrganizations(w, r, no.status, views.Organizations{Error: no.text})
		return
	}
	no := h.refused(w, r, err, "name", "email_address", "role")
	h.showOrganizations(w, r, no.status, views.Organizations{
		Error: no.text, Errors: no.fields,
		Name: form.Get("name"), EmailAddress: form.Get("email_address"), Role: form.Get("role"),
	})
}

func (h *Handlers) organizationChanges() map[string]change {
	return map[string]change{
		"create": h.createOrganization,
		"switch": func(r *http.Request, form url.Values) ([]string, string, error) {
			a, err := h.fapi.SetActive(r.Context(), h.acting(r), form.Get("organization_id"))
			return renewed(h, r, a, err)
		},
		"invite": func(r *http.Request, form url.Values) ([]string, string, error) {
			a, err := h.fapi.Invite(r.Context(), h.acting(r), form.Get("organization_id"), form.Get("email_address"), form.Get("role"))
			return renewed(h, r, a, err)
		},
		"revoke_invitation": func(r *http.Request, form url.Values) ([]string, string, error) {
			a, err := h.fapi.RevokeInvitation(r.Context(), h.acting(r), form.Get("organization_id"), form.Get("invitation_id"))
			return renewed(h, r, a, err)
		},
		"change_role": func(r *http.Request, form url.Values) ([]string, string, error) {
			a, err := h.fapi.ChangeRole(r.Context(), h.acting(r), form.Get("organization_id"), form.Get("user_id"), form.Get("role"))
			return renewed(h, r, a, err)
		},
		"remove_member": func(r *http.Request, form url.Values) ([]string, string, error) {
			a, err := h.fapi.RemoveMember(r.Context(), h.acting(r), form.Get("organization_id"), form.Get("user_id"))
			return renewed(h, r, a, err)
		},
		"accept": func(r *http.Request, form url.Values) ([]string, string, error) {
			a, err := h.fapi.AcceptInvitation(r.Context(), h.acting(r), form.Get("invitation_id"))
			return renewed(h, r, a, err)
		},
		"leave": func(r *http.Request, form url.Values) ([]string, string, error) {
			a, err := h.fapi.LeaveOrganization(r.Context(), h.acting(r), form.Get("organization_id"))
			return renewed(h, r, a, err)
		},
	}
}

// createOrganization makes the new organization the active one, which its maker expects.
func (h *Handlers) createOrganization(r *http.Request, form url.Values) ([]string, string, error) {
	b := h.acting(r)
	made, err := h.fapi.CreateOrganization(r.Context(), b, form.Get("name"))
	if err != nil {
		return nil, "", err
	}
	a, err := h.fapi.SetActive(r.Context(), b, made.Resource.ID)
	if err != nil { // the organization stands, and the page has a button for it
		h.log.WarnContext(r.Context(), "new organization not made active", "err", err)
		return made.SetCookies, "", nil
	}
	return append(made.SetCookies, a.SetCookies...), a.Token(b.SessionID), nil
}
