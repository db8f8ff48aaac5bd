package identity

import (
	"cmp"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// organizationRoutes are organizations as their members see them (protocol reference 8.6).
func (s *Service) organizationRoutes() routes {
	return join(routes{
		"/v1/organizations":      {"POST": s.creates(createMyOrganization)},
		"/v1/organizations/{id}": {"GET": getMyOrganization, "PATCH": updateMyOrganization, "DELETE": deleteMyOrganization},

		"/v1/organizations/{id}/logo": {"PUT": s.favours(setMyLogo), "DELETE": deleteMyLogo},

		"/v1/organizations/{id}/memberships":        {"GET": listMembers, "POST": s.favours(createMember)},
		"/v1/organizations/{id}/memberships/{user}": {"PATCH": updateMember, "DELETE": deleteMember},

		"/v1/organizations/{id}/invitations":                     {"GET": listSentInvitations, "POST": s.favours(createInvitation)},
		"/v1/organizations/{id}/invitations/bulk":                {"POST": s.favours(createInvitations)},
		"/v1/organizations/{id}/invitations/pending":             {"GET": listPendingInvitations},
		"/v1/organizations/{id}/invitations/{invitation}/revoke": {"POST": revokeSentInvitation},

		"/v1/organizations/{id}/roles": {"GET": listOrganizationRoles},

		"/v1/organizations/{id}/domains":                       {"GET": noDomains, "POST": domainsDisabled},
		"/v1/organizations/{id}/domains/{rest...}":             everyMethod(domainsDisabled),
		"/v1/organizations/{id}/membership_requests":           {"GET": noRequests},
		"/v1/organizations/{id}/membership_requests/{rest...}": {"POST": noSuchRequest},

		"/v1/me/organization_memberships":                     {"GET": listMyMemberships},
		"/v1/me/organization_memberships/{id}":                {"DELETE": leaveOrganization},
		"/v1/me/organization_invitations":                     {"GET": listMyInvitations},
		"/v1/me/organization_invitations/{invitation}/accept": {"POST": acceptMyInvitation},
		"/v1/me/organization_suggestions":                     {"GET": noSuggestions},
		"/v1/me/organization_suggestions/{rest...}":           {"POST": noSuchSuggestion},

		"/v1/tickets":        {"GET": describeTicket},
		"/v1/tickets/accept": {"GET": acceptTicket, "POST": s.attempts(acceptTicketHere)},
	}, notBuilt(
		"/v1/organizations/{id}/billing/{rest...}",
		"/v1/organizations/{id}/enterprise_connections", "/v1/organizations/{id}/enterprise_connections/{rest...}",
		"/v1/organizations/{id}/sso_bypass_allowlist_users", "/v1/organizations/{id}/sso_bypass_allowlist_users/{rest...}",
		"/v1/me/organization_creation_defaults",
	))
}

// organizationForm reads the fields that members may set; all else in the form is ignored.
func (c *call) organizationForm() (f organizationFields, err error) {
	if f.name, err = c.optionalField("name"); err != nil {
		return f, err
	}
	if f.slug, err = c.optionalField("slug"); err != nil {
		return f, err
	}
	return f, f.check()
}

// optionalField is a form's field, nil when it was not sent.
func (c *call) optionalField(name string) (*string, error) {
	v, sent, err := c.form.get(name)
	if err != nil || !sent {
		return nil, err
	}
	return &v, nil
}

// createMyOrganization makes an organization whose administrator the signed-in person is.
func createMyOrganization(c *call) (any, error) {
	f, err := c.organizationForm()
	if err == nil && f.name == nil {
		err = missingParam("name")
	}
	if err != nil {
		return nil, err
	}
	var b *browser
	var out *wire.Organization
	err = c.update(c.r.Context(), func(tx Tx) error {
		m, err := c.me(tx)
		if err != nil {
			return err
		}
		b = m.browser
		if m.user.MayNotCreateOrg {
			return refuse(http.StatusForbidden, wire.CodeAuthorizationInvalid, "You are not allowed to create organizations.")
		}
		m.user.MaxOrgs = cmp.Or(m.user.MaxOrgs, maxOwnOrganizations)
		org, err := c.createOrganization(tx, f, &m.user, m.doer())
		if err != nil {
			return err
		}
		out, err = c.showOrganization(tx, org)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(out, b)
}

// showOrganization is an organization as its members see it.
func (c *call) showOrganization(tx Tx, org Organization) (*wire.Organization, error) {
	v, err := c.viewOrganizations(tx, frontendShape)
	if err != nil {
		return nil, err
	}
	return v.organization(org)
}

func getMyOrganization(c *call) (any, error) {
	var out *wire.Organization
	err := c.view(c.r.Context(), func(tx Tx) error {
		a, err := c.acting(tx)
		if err != nil {
			return err
		}
		out, err = c.showOrganization(tx, a.org)
		return err
	})
	return wire.Response[*wire.Organization]{Response: out}, err
}

func updateMyOrganization(c *call) (any, error) {
	f, err := c.organizationForm()
	if err != nil {
		return nil, err
	}
	var b *browser
	var out *wire.Organization
	err = c.update(c.r.Context(), func(tx Tx) error {
		a, err := c.acting(tx, wire.PermissionProfileManage)
		if err != nil {
			return err
		}
		b = a.browser
		if err := c.applyOrganization(tx, &a.org, f); err != nil {
			return err
		}
		if err := c.record(tx, a.doer().event("organization.updated", a.org.ID, "")); err != nil {
			return err
		}
		out, err = c.showOrganization(tx, a.org)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(out, b)
}

// deleteMyOrganization needs the permission, and that the organization's members may delete
// it at all.
func deleteMyOrganization(c *call) (any, error) {
	var b *browser
	var id string
	err := c.update(c.r.Context(), func(tx Tx) error {
		a, err := c.acting(tx, wire.PermissionProfileDelete)
		if err != nil {
			return err
		}
		if id = a.org.ID; a.org.MayNotDelete {
			return refuse(http.StatusForbidden, wire.CodeAdminDeleteDisabled, "Members cannot delete this organization.")
		}
		if err := c.deleteOrganization(tx, a.org, a.doer()); err != nil {
			return err
		}
		b, err = loadBrowser(tx, a.browser.client, c.now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(wire.Deleted{Object: "organization", ID: id, Deleted: true}, b)
}

// listOrganizationRoles lists the roles that members can have.
func listOrganizationRoles(c *call) (any, error) {
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	var list wire.List[wire.OrganizationRole]
	err = c.view(c.r.Context(), func(tx Tx) error {
		a, err := c.acting(tx)
		if err == nil {
			list = listOf(page, a.rules.Roles, func(r storedRole) wire.OrganizationRole { return c.roleJSON(a.rules, r) })
		}
		return err
	})
	return wire.Response[any]{Response: struct {
		wire.List[wire.OrganizationRole]
		Migration bool `json:"has_role_set_migration"`
	}{List: list}}, err
}

// Joining by the domain of one's address, and asking to join, are switched off: there is
// nothing to list, and nothing can be made.

func noDomains(c *call) (any, error) {
	return c.emptyList(wire.PermissionDomainsRead, wire.PermissionDomainsManage)
}

func noRequests(c *call) (any, error) { return c.emptyList(wire.PermissionMembershipsManage) }

func (c *call) emptyList(permissions ...string) (any, error) {
	if _, err := c.page(); err != nil {
		return nil, err
	}
	err := c.view(c.r.Context(), func(tx Tx) error { _, err := c.acting(tx, permissions...); return err })
	return wire.Response[any]{Response: wire.List[struct{}]{Data: []struct{}{}}}, err
}

func domainsDisabled(c *call) (any, error) {
	err := c.view(c.r.Context(), func(tx Tx) error { _, err := c.acting(tx, wire.PermissionDomainsManage); return err })
	if err == nil {
		err = noOrganizationDomains()
	}
	return nil, err
}

func noOrganizationDomains() *apiError {
	return refuse(http.StatusForbidden, wire.CodeDomainsDisabled, "Domains of organizations are not enabled.")
}

func noSuchRequest(c *call) (any, error) {
	err := c.view(c.r.Context(), func(tx Tx) error { _, err := c.acting(tx, wire.PermissionMembershipsManage); return err })
	if err == nil {
		err = notFound()
	}
	return nil, err
}
