package identity

import (
	"errors"

	"github.com/usherauth/usher/wire"
)

// shape is which of the two APIs sees a resource: private metadata and what only operators
// may know is shown by the Backend API alone.
type shape bool

const (
	frontendShape shape = false
	backendShape  shape = true
)

// organizationView builds what answers show of organizations, within one transaction. It
// reads each organization once.
type organizationView struct {
	*call
	tx    Tx
	shape shape
	rules *accessRules
	known map[string]*wire.Organization
	plans map[string]string // of the organizations that are known
}

func (c *call) viewOrganizations(tx Tx, s shape) (*organizationView, error) {
	rules, err := c.access(tx)
	return &organizationView{call: c, tx: tx, shape: s, rules: rules, known: map[string]*wire.Organization{}, plans: map[string]string{}}, err
}

// organizationJSON is an organization without the counts that take queries.
func (c *call) organizationJSON(o Organization, s shape) *wire.Organization {
	out := &wire.Organization{
		Object: "organization", ID: o.ID, Name: o.Name, Slug: wire.NullString(o.Slug),
		ImageURL:              c.imageURL(o.ImageID, o.ID),
		HasImage:              o.ImageID != "",
		MaxAllowedMemberships: int64(o.MaxMemberships),
		AdminDeleteEnabled:    !o.MayNotDelete,
		PublicMetadata:        metadata(o.PublicMetadata),
		CreatedAt:             millis(o.CreatedAt),
		UpdatedAt:             millis(o.UpdatedAt),
	}
	if s == backendShape {
		out.PrivateMetadata, out.CreatedBy = metadata(o.PrivateMetadata), wire.NullString(o.CreatedBy)
	}
	return out
}

// organization adds how many members and pending invitations there are.
func (v *organizationView) organization(o Organization) (*wire.Organization, error) {
	out := v.organizationJSON(o, v.shape)
	members, err1 := v.tx.CountMemberships(MembershipQuery{OrgID: o.ID})
	pending, err2 := v.pendingInvitations(v.tx, o.ID)
	invited := int64(len(pending))
	out.MembersCount, out.PendingInvitationsCount = &members, &invited
	v.known[o.ID], v.plans[o.ID] = out, o.Plan
	return out, errors.Join(err1, err2)
}

// lacksElevated reports an organization that nobody in it can manage.
func (v *organizationView) lacksElevated(orgID string) (bool, error) {
	n, err := v.tx.CountMemberships(MembershipQuery{OrgID: orgID, Roles: v.rules.elevatedRoles()})
	return n == 0, err
}

func (v *organizationView) membership(m Membership) (wire.OrganizationMembership, error) {
	out := wire.OrganizationMembership{
		Object: "organization_membership", ID: m.ID, Role: m.Role, RoleName: m.Role, Permissions: []string{},
		PublicMetadata: metadata(m.PublicMetadata),
		CreatedAt:      millis(m.CreatedAt),
		UpdatedAt:      millis(m.UpdatedAt),
	}
	if v.shape == backendShape {
		out.PrivateMetadata = metadata(m.PrivateMetadata)
	}
	var err error
	if out.Organization = v.known[m.OrgID]; out.Organization == nil {
		org, err := v.tx.Organization(m.OrgID)
		if err != nil {
			return out, err
		}
		if out.Organization, err = v.organization(org); err != nil {
			return out, err
		}
	}
	if role, ok := v.rules.role(m.Role); ok {
		out.RoleName, out.Permissions = role.Name, v.rules.permissionsOf(role, v.plans[m.OrgID])
	}
	out.PublicUserData, err = v.member(m.UserID)
	return out, err
}

// member is what members see of each other.
func (v *organizationView) member(userID string) (*wire.MemberData, error) {
	user, err := v.tx.User(userID)
	if err != nil {
		return nil, err
	}
	out := &wire.MemberData{PublicUserData: *v.publicUserJSON(user), Username: wire.NullString(user.Username)}
	if v.shape == backendShape {
		deprovisioned := false // nobody provisions people from outside
		out.Banned, out.Deprovisioned, out.ProfileImageURL = &user.Banned, &deprovisioned, out.ImageURL
	}
	return out, nil
}

func (v *organizationView) memberships(all []Membership) ([]wire.OrganizationMembership, error) {
	list := make([]wire.OrganizationMembership, 0, len(all))
	for _, m := range all {
		out, err := v.membership(m)
		if err != nil {
			return nil, err
		}
		list = append(list, out)
	}
	return list, nil
}

// invitation shows an invitation to those who manage it, or with forInvitee to whom it is
// for, who sees of the organization what strangers may.
func (v *organizationView) invitation(i Invitation, forInvitee bool) (wire.OrganizationInvitation, error) {
	out := wire.OrganizationInvitation{
		Object: "organization_invitation", ID: i.ID, EmailAddress: i.Address, Role: i.Role, RoleName: i.Role,
		OrganizationID: i.OrgID, InviterID: wire.NullString(i.InviterID), Status: i.statusAt(v.now),
		PublicMetadata: metadata(i.PublicMetadata), ExpiresAt: optionalMillis(i.ExpireAt),
		CreatedAt: millis(i.CreatedAt), UpdatedAt: millis(i.UpdatedAt),
	}
	if v.shape == backendShape {
		out.PrivateMetadata = metadata(i.PrivateMetadata)
	}
	if role, ok := v.rules.role(i.Role); ok {
		out.RoleName = role.Name
	}
	inviter, err := optional(i.InviterID, v.tx.User)
	if err != nil {
		return out, err
	}
	if inviter != nil {
		out.PublicInviterData = v.publicUserJSON(*inviter)
	}
	if forInvitee {
		org, err := v.tx.Organization(i.OrgID)
		if err != nil {
			return out, err
		}
		out.PublicOrganizationData = v.publicOrganization(org)
	}
	return out, nil
}

func (v *organizationView) publicOrganization(o Organization) *wire.PublicOrganizationData {
	full := v.organizationJSON(o, frontendShape)
	return &wire.PublicOrganizationData{ID: full.ID, Name: full.Name, Slug: full.Slug, ImageURL: full.ImageURL, HasImage: full.HasImage}
}

func (v *organizationView) invitations(all []Invitation, forInvitee bool) ([]wire.OrganizationInvitation, error) {
	list := make([]wire.OrganizationInvitation, 0, len(all))
	for _, i := range all {
		out, err := v.invitation(i, forInvitee)
		if err != nil {
			return nil, err
		}
		list = append(list, out)
	}
	return list, nil
}

// addMemberships fills in the organizations of people as they see themselves: browser
// clients find the active one among them.
func (c *call) addMemberships(users ...*wire.User) error {
	if len(users) == 0 {
		return nil
	}
	return c.view(c.r.Context(), func(tx Tx) error {
		v, err := c.viewOrganizations(tx, frontendShape)
		if err != nil {
			return err
		}
		for _, u := range users {
			all, err := tx.Memberships(MembershipQuery{UserID: u.ID})
			if err != nil {
				return err
			}
			if u.OrganizationMemberships, err = v.memberships(all); err != nil {
				return err
			}
		}
		return nil
	})
}
