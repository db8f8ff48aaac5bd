package fapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/usherauth/usher/wire"
)

// pageSize bounds lists: longer ones are for other tools than a page of plain forms.
const pageSize = "100"

// CreateOrganization makes an organization whose administrator the signed-in user is.
func (c *Client) CreateOrganization(ctx context.Context, b Browser, name string) (*Answer[wire.Organization], error) {
	return do[wire.Organization](ctx, c, b, request{"create organization", http.MethodPost, "/organizations", url.Values{"name": {name}}})
}

// SetActive makes an organization the one that the session acts for; "" is the personal
// account. The answer's token says so already.
func (c *Client) SetActive(ctx context.Context, b Browser, organizationID string) (*Answer[wire.Session], error) {
	path := "/client/sessions/" + segment(b.SessionID) + "/touch"
	form := url.Values{"active_organization_id": {organizationID}, "intent": {"select_org"}}
	return do[wire.Session](ctx, c, b, request{"set active organization", http.MethodPost, path, form})
}

// Members lists who is in an organization, for those who may see it.
func (c *Client) Members(ctx context.Context, b Browser, organizationID string) (*Answer[wire.List[wire.OrganizationMembership]], error) {
	query := url.Values{"paginated": {"true"}, "limit": {pageSize}}
	return do[wire.List[wire.OrganizationMembership]](ctx, c, b, request{"list members", http.MethodGet, organization(organizationID, "/memberships"), query})
}

// Roles lists the roles that members of an organization can have.
func (c *Client) Roles(ctx context.Context, b Browser, organizationID string) (*Answer[wire.List[wire.OrganizationRole]], error) {
	query := url.Values{"limit": {pageSize}}
	return do[wire.List[wire.OrganizationRole]](ctx, c, b, request{"list roles", http.MethodGet, organization(organizationID, "/roles"), query})
}

// SentInvitations lists an organization's pending invitations, for those who manage members.
func (c *Client) SentInvitations(ctx context.Context, b Browser, organizationID string) (*Answer[wire.List[wire.OrganizationInvitation]], error) {
	path := organization(organizationID, "/invitations")
	return do[wire.List[wire.OrganizationInvitation]](ctx, c, b, request{"list invitations", http.MethodGet, path, pending()})
}

// Invite asks the owner of an address to join an organization.
func (c *Client) Invite(ctx context.Context, b Browser, organizationID, emailAddress, role string) (*Answer[wire.OrganizationInvitation], error) {
	form := url.Values{"email_address": {emailAddress}, "role": {role}}
	return do[wire.OrganizationInvitation](ctx, c, b, request{"invite", http.MethodPost, organization(organizationID, "/invitations"), form})
}

// RevokeInvitation makes an organization's pending invitation worthless.
func (c *Client) RevokeInvitation(ctx context.Context, b Browser, organizationID, id string) (*Answer[wire.OrganizationInvitation], error) {
	path := organization(organizationID, "/invitations/"+segment(id)+"/revoke")
	return do[wire.OrganizationInvitation](ctx, c, b, request{"revoke invitation", http.MethodPost, path, nil})
}

// ReceivedInvitations lists the pending invitations to addresses that are known to be the
// signed-in user's.
func (c *Client) ReceivedInvitations(ctx context.Context, b Browser) (*Answer[wire.List[wire.OrganizationInvitation]], error) {
	return do[wire.List[wire.OrganizationInvitation]](ctx, c, b, request{"list own invitations", http.MethodGet, "/me/organization_invitations", pending()})
}

// AcceptInvitation makes the signed-in user a member.
func (c *Client) AcceptInvitation(ctx context.Context, b Browser, id string) (*Answer[wire.OrganizationInvitation], error) {
	path := "/me/organization_invitations/" + segment(id) + "/accept"
	return do[wire.OrganizationInvitation](ctx, c, b, request{"accept invitation", http.MethodPost, path, nil})
}

// ChangeRole gives a member of an organization another role, for those who manage members.
func (c *Client) ChangeRole(ctx context.Context, b Browser, organizationID, userID, role string) (*Answer[wire.OrganizationMembership], error) {
	path := organization(organizationID, "/memberships/"+segment(userID))
	return do[wire.OrganizationMembership](ctx, c, b, request{"change role", http.MethodPatch, path, url.Values{"role": {role}}})
}

// RemoveMember takes a member out of an organization, for those who manage members.
func (c *Client) RemoveMember(ctx context.Context, b Browser, organizationID, userID string) (*Answer[wire.OrganizationMembership], error) {
	path := organization(organizationID, "/memberships/"+segment(userID))
	return do[wire.OrganizationMembership](ctx, c, b, request{"remove member", http.MethodDelete, path, nil})
}

// LeaveOrganization takes the signed-in user out of an organization.
func (c *Client) LeaveOrganization(ctx context.Context, b Browser, organizationID string) (*Answer[wire.Deleted], error) {
	path := "/me/organization_memberships/" + segment(organizationID)
	return do[wire.Deleted](ctx, c, b, request{"leave organization", http.MethodDelete, path, nil})
}

func organization(id, rest string) string { return "/organizations/" + segment(id) + rest }

// segment is an id as one part of a path. What cannot be an id, because it would climb or
// vanish there, becomes one that nothing has: servers and proxies resolve /a/../b, and the
// address above a membership is the account.
func segment(id string) string {
	if strings.Trim(id, ".") == "" {
		return "-"
	}
	return url.PathEscape(id)
}

func pending() url.Values {
	return url.Values{"status": {wire.InvitationPending}, "limit": {pageSize}}
}
