package identity

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// backendOrganizationRoutes are organizations as an operator sees them (protocol reference
// 7.3).
func backendOrganizationRoutes() routes {
	return join(routes{
		"/v1/organizations":               {"GET": listOrganizations, "POST": createOrganization},
		"/v1/organizations/{id}":          {"GET": getOrganization, "PATCH": updateOrganization, "DELETE": deleteOrganization},
		"/v1/organizations/{id}/metadata": {"PATCH": organizationMetadata(merged), "PUT": organizationMetadata(replaced)},
		"/v1/organizations/{id}/logo":     {"PUT": backendSetLogo, "DELETE": backendDeleteLogo},
		"/v1/organizations/{id}/domains":  {"GET": backendNoDomains, "POST": backendDomainsDisabled},

		"/v1/organizations/{id}/memberships":                 {"GET": backendMembers, "POST": backendAddMember},
		"/v1/organizations/{id}/memberships/{user}":          {"PATCH": backendChangeRole, "DELETE": backendRemoveMember},
		"/v1/organizations/{id}/memberships/{user}/metadata": {"PATCH": backendMemberMetadata},
		"/v1/organization_memberships":                       {"GET": allMemberships},
		"/v1/users/{id}/organization_memberships":            {"GET": membershipsOfUser},

		"/v1/organizations/{id}/invitations":                     {"GET": listBackendInvitations(), "POST": backendInvite},
		"/v1/organizations/{id}/invitations/bulk":                {"POST": backendInviteAll},
		"/v1/organizations/{id}/invitations/pending":             {"GET": listBackendInvitations(wire.InvitationPending)},
		"/v1/organizations/{id}/invitations/{invitation}":        {"GET": backendInvitation},
		"/v1/organizations/{id}/invitations/{invitation}/revoke": {"POST": backendRevokeInvitation},
		"/v1/organization_invitations":                           {"GET": allInvitations},
		"/v1/users/{id}/organization_invitations":                {"GET": invitationsOfUser},

		"/v1/organization_roles":                               {"GET": listRoles, "POST": createRole},
		"/v1/organization_roles/{id}":                          {"GET": getRole, "PATCH": updateRole, "DELETE": deleteRole},
		"/v1/organization_roles/{id}/permissions/{permission}": {"POST": assignPermission, "DELETE": removePermission},
		"/v1/organization_permissions":                         {"GET": listPermissions, "POST": createPermission},
		"/v1/organization_permissions/{id}":                    {"GET": getPermission, "PATCH": updatePermission, "DELETE": deletePermission},
	}, notBuilt(
		"/v1/organizations/{id}/billing/{rest...}",
		"/v1/organizations/{id}/domains/{rest...}",
		"/v1/organization_domains",
		"/v1/role_sets", "/v1/role_sets/{rest...}",
	))
}

// organizationParams are the JSON form of an organization's fields. Those that are null are
// left as they are.
type organizationParams struct {
	Name           *string         `json:"name"`
	Slug           *string         `json:"slug"`
	MaxMemberships *int            `json:"max_allowed_memberships"`
	Public         json.RawMessage `json:"public_metadata"`
	Private        json.RawMessage `json:"private_metadata"`
	CreatedAt      *string         `json:"created_at"`
	RoleSet        *string         `json:"role_set_key"`
}

// fields checks the parameters.
func (p organizationParams) fields() (f organizationFields, err error) {
	f = organizationFields{name: p.Name, slug: p.Slug, maxMemberships: p.MaxMemberships}
	var err1, err2, err3, err4 error
	if p.CreatedAt != nil && *p.CreatedAt != "" {
		at, err := time.Parse(time.RFC3339, *p.CreatedAt)
		if err != nil || at.Year() < 1970 || at.Year() > 9999 {
			err1 = invalid("created_at", wire.CodeParamFormatInvalid, "created_at must be a time such as 2012-10-20T07:15:20.902Z.")
		}
		at = at.UTC().Truncate(time.Millisecond)
		f.createdAt = &at
	}
	if p.RoleSet != nil && *p.RoleSet != "" {
		err2 = invalid("role_set_key", wire.CodeParamValueInvalid, "There are no role sets: all organizations have the same roles.")
	}
	f.public, err3 = replaced("public_metadata", nil, p.Public)
	f.private, err4 = replaced("private_metadata", nil, p.Private)
	return f, joinFields(f.check(), err1, err2, err3, err4)
}

// bagChange makes a new metadata bag of the old one and what was sent; it returns nil when
// nothing was.
type bagChange func(param string, bag, sent json.RawMessage) (json.RawMessage, error)

func merged(param string, bag, sent json.RawMessage) (json.RawMessage, error) {
	if len(sent) == 0 {
		return nil, nil
	}
	return mergeMetadata(param, bag, sent)
}

// replaced empties the bag for null.
func replaced(param string, _, sent json.RawMessage) (json.RawMessage, error) {
	switch string(sent) {
	case "":
		return nil, nil
	case "null":
		sent = json.RawMessage("{}")
	}
	return checkMetadata(param, string(sent))
}

// createOrganization makes an organization, with the person named by created_by as its
// administrator, or with nobody in it.
func createOrganization(c *call) (any, error) {
	var in struct {
		organizationParams
		CreatedBy string `json:"created_by"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	f, err := in.fields()
	if in.Name == nil {
		err = joinFields(missingParam("name"), err)
	}
	if err != nil {
		return nil, err
	}
	var out *wire.Organization
	err = c.update(c.r.Context(), func(tx Tx) error {
		creator, err := optional(in.CreatedBy, tx.User)
		if err != nil {
			return err
		}
		if creator == nil && in.CreatedBy != "" {
			return refuse(http.StatusBadRequest, wire.CodeCreatorNotFound, "There is no user with the id in created_by.")
		}
		org, err := c.createOrganization(tx, f, creator, doer{})
		if err != nil {
			return err
		}
		out, err = c.fullOrganization(tx, org)
		return err
	})
	return out, err
}

// fullOrganization is an organization with everything that an operator may see.
func (c *call) fullOrganization(tx Tx, org Organization) (*wire.Organization, error) {
	v, err := c.viewOrganizations(tx, backendShape)
	if err != nil {
		return nil, err
	}
	out, err := v.organization(org)
	if err != nil {
		return nil, err
	}
	without, err := v.lacksElevated(org.ID)
	out.WithoutElevatedMember = &without
	return out, err
}

// organizationInPath finds an organization by the id in the path.
func organizationInPath(c *call, tx Tx) (Organization, error) { return pathRecord(c, tx.Organization) }

// getOrganization finds an organization by id or slug.
func getOrganization(c *call) (any, error) {
	var out *wire.Organization
	err := c.view(c.r.Context(), func(tx Tx) error {
		find := tx.Organization
		if !strings.HasPrefix(c.r.PathValue("id"), prefixOrganization) {
			find = tx.OrganizationBySlug
		}
		org, err := pathRecord(c, find)
		if err != nil {
			return err
		}
		out, err = c.fullOrganization(tx, org)
		return err
	})
	return out, err
}

// changeOrganization runs change on the organization in the path and answers with the result.
func (c *call) changeOrganization(change func(Tx, *Organization) (organizationFields, error)) (any, error) {
	var out *wire.Organization
	err := c.update(c.r.Context(), func(tx Tx) error {
		org, err := organizationInPath(c, tx)
		if err != nil {
			return err
		}
		f, err := change(tx, &org)
		if err != nil {
			return err
		}
		if err := c.applyOrganization(tx, &org, f); err != nil {
			return err
		}
		if err := c.record(tx, doer{}.event("organization.updated", org.ID, "")); err != nil {
			return err
		}
		out, err = c.fullOrganization(tx, org)
		return err
	})
	return out, err
}

// updateOrganization changes what is given. Metadata replaces what was there.
func updateOrganization(c *call) (any, error) {
	var in struct {
		organizationParams
		AdminDelete *bool `json:"admin_delete_enabled"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	f, err := in.fields()
	if err != nil {
		return nil, err
	}
	f.adminDelete = in.AdminDelete
	return c.changeOrganization(func(Tx, *Organization) (organizationFields, error) { return f, nil })
}

// organizationMetadata changes the bags that are given.
func organizationMetadata(change bagChange) endpoint {
	return func(c *call) (any, error) {
		var in struct {
			Public  json.RawMessage `json:"public_metadata"`
			Private json.RawMessage `json:"private_metadata"`
		}
		if err := c.readJSON(&in); err != nil {
			return nil, err
		}
		return c.changeOrganization(func(_ Tx, org *Organization) (f organizationFields, err error) {
			var err1, err2 error
			f.public, err1 = change("public_metadata", org.PublicMetadata, in.Public)
			f.private, err2 = change("private_metadata", org.PrivateMetadata, in.Private)
			return f, joinFields(err1, err2)
		})
	}
}

func deleteOrganization(c *call) (any, error) {
	var org Organization
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if org, err = organizationInPath(c, tx); err != nil {
			return err
		}
		return c.deleteOrganization(tx, org, doer{})
	})
	return wire.Deleted{Object: "organization", ID: org.ID, Slug: org.Slug, Deleted: true}, err
}

// backendNoDomains: organizations have no domains.
func backendNoDomains(c *call) (any, error) {
	if _, err := c.page(); err != nil {
		return nil, err
	}
	err := c.view(c.r.Context(), func(tx Tx) error { _, err := organizationInPath(c, tx); return err })
	return wire.List[struct{}]{Data: []struct{}{}}, err
}

func backendDomainsDisabled(c *call) (any, error) {
	err := c.view(c.r.Context(), func(tx Tx) error { _, err := organizationInPath(c, tx); return err })
	if err == nil {
		err = noOrganizationDomains()
	}
	return nil, err
}
