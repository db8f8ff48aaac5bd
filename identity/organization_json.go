package identity

import (
	"errors"
	"slices"

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
// reads what a list needs with as many queries as for one entry.
type organizationView struct {
	*call
	tx    Tx
	shape shape
	rules *accessRules
	known map[string]*wire.Organization
	plans map[string]string // of the organizations that are known
	users map[string]User
}

func (c *call) viewOrganizations(tx Tx, s shape) (*organizationView, error) {
	rules, err := c.access(tx)
	return &organizationView{call: c, tx: tx, shape: s, rules: rules, known: map[string]*wire.Organization{}, plans: map[string]string{}, users: map[string]User{}}, err
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
	err := v.count(o)
	return v.known[o.ID], err
}

// count is [organizationView.organization] for several.
func (v *organizationView) count(orgs ...Organization) error {
	ids := make([]string, len(orgs))
	for n, o := range orgs {
		ids[n] = o.ID
	}
	members, pending, err := v.tx.CountPeople(ids, v.now)
	for _, o := range orgs {
		out := v.organizationJSON(o, v.shape)
		m, p := members[o.ID], pending[o.ID]
		out.MembersCount, out.PendingInvitationsCount = &m, &p
		v.known[o.ID], v.plans[o.ID] = out, o.Plan
	}
	return err
}

// readOrganizations makes organizations known.
func (v *organizationView) readOrganizations(ids []string) error {
	ids = slices.DeleteFunc(distinct(ids), func(id string) bool { _, ok := v.known[id]; return ok })
	if len(ids) == 0 {
		return nil
	}
	orgs, err := v.tx.Organizations(OrganizationQuery{IDs: ids})
	if err != nil {
		return err
	}
	for _, id := range ids {
		v.known[id] = nil // until it is found
	}
	return v.count(orgs...)
}

// readUsers makes users known. Those who do not exist are remembered without an id.
func (v *organizationView) readUsers(ids []string) error {
	ids = slices.DeleteFunc(distinct(ids), func(id string) bool { _, ok := v.users[id]; return ok || id == "" })
	if len(ids) == 0 {
		return nil
	}
	users, err := usersByID(v.tx, ids)
	for _, id := range ids {
		v.users[id] = users[id]
	}
	return err
}

// usersByID finds users with one query.
func usersByID(tx Tx, ids []string) (map[string]User, error) {
	if len(ids) == 1 {
		u, err := optional(ids[0], tx.User)
		if err != nil || u == nil {
			return nil, err
		}
		return map[string]User{u.ID: *u}, nil
	}
	all, err := tx.Users(UserQuery{IDs: ids})
	found := make(map[string]User, len(all))
	for _, u := range all {
		found[u.ID] = u
	}
	return found, err
}

// distinct is a sorted copy without what is there twice.
func distinct(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// lacksElevated reports an organization that nobody in it can manage.
func (v *organizationView) lacksElevated(orgID string) (bool, error) {
	n, err := v.tx.CountMemberships(MembershipQuery{OrgID: orgID, Roles: v.rules.elevatedRoles()})
	return n == 0, err
}

// elevated reports which organizations have somebody who can manage them; nil stands for all
// organizations.
func (v *organizationView) elevated(orgIDs []string) (map[string]bool, error) {
	all, err := v.tx.Memberships(MembershipQuery{OrgIDs: orgIDs, Roles: v.rules.elevatedRoles()})
	found := make(map[string]bool, len(orgIDs))
	for _, m := range all {
		found[m.OrgID] = true
	}
	return found, err
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
	if err := errors.Join(v.readOrganizations([]string{m.OrgID}), v.readUsers([]string{m.UserID})); err != nil {
		return out, err
	}
	user := v.users[m.UserID]
	if out.Organization = v.known[m.OrgID]; out.Organization == nil || user.ID == "" {
		return out, ErrNotFound
	}
	if role, ok := v.rules.role(m.Role); ok {
		out.RoleName, out.Permissions = role.Name, v.rules.permissionsOf(role, v.plans[m.OrgID])
	}
	out.PublicUserData = v.member(user)
	return out, nil
}

// member is what members see of each other.
func (v *organizationView) member(user User) *wire.MemberData {
	out := &wire.MemberData{PublicUserData: *v.publicUserJSON(user), Username: wire.NullString(user.Username)}
	if v.shape == backendShape {
		deprovisioned := false // nobody provisions people from outside
		out.Banned, out.Deprovisioned, out.ProfileImageURL = &user.Banned, &deprovisioned, out.ImageURL
	}
	return out
}

func (v *organizationView) memberships(all []Membership) ([]wire.OrganizationMembership, error) {
	orgs, users := make([]string, len(all)), make([]string, len(all))
	for n, m := range all {
		orgs[n], users[n] = m.OrgID, m.UserID
	}
	if err := errors.Join(v.readOrganizations(orgs), v.readUsers(users)); err != nil {
		return nil, err
	}
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
		OrganizationID: i.OrgID, InviterID: wire.NullString(i.InviterID), Status: invitationStatus(i, v.now),
		PublicMetadata: metadata(i.PublicMetadata), ExpiresAt: optionalMillis(i.ExpireAt),
		CreatedAt: millis(i.CreatedAt), UpdatedAt: millis(i.UpdatedAt),
	}
	if v.shape == backendShape {
		out.PrivateMetadata = metadata(i.PrivateMetadata)
	}
	if role, ok := v.rules.role(i.Role); ok {
		out.RoleName = role.Name
	}
	err := v.readUsers([]string{i.InviterID})
	if inviter := v.users[i.InviterID]; inviter.ID != "" {
		out.PublicInviterData = v.publicUserJSON(inviter)
	}
	if err != nil || !forInvitee {
		return out, err
	}
	if err := v.readOrganizations([]string{i.OrgID}); err != nil {
		return out, err
	}
	org := v.known[i.OrgID]
	if org == nil {
		return out, ErrNotFound
	}
	out.PublicOrganizationData = &wire.PublicOrganizationData{ID: org.ID, Name: org.Name, Slug: org.Slug, ImageURL: org.ImageURL, HasImage: org.HasImage}
	return out, nil
}

func (v *organizationView) invitations(all []Invitation, forInvitee bool) ([]wire.OrganizationInvitation, error) {
	inviters, orgs := make([]string, len(all)), []string(nil)
	for n, i := range all {
		inviters[n] = i.InviterID
		if forInvitee {
			orgs = append(orgs, i.OrgID)
		}
	}
	if err := errors.Join(v.readUsers(inviters), v.readOrganizations(orgs)); err != nil {
		return nil, err
	}
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
		var ids []string
		for _, u := range users {
			ids = append(ids, u.ID)
		}
		q := MembershipQuery{UserIDs: distinct(ids)}
		if len(q.UserIDs) == 1 {
			q = MembershipQuery{UserID: ids[0]} // which stores need not prepare anew
		}
		all, err := tx.Memberships(q)
		if err != nil {
			return err
		}
		shown, err := v.memberships(all)
		if err != nil {
			return err
		}
		for _, u := range users {
			for n, m := range all {
				if m.UserID == u.ID {
					u.OrganizationMemberships = append(u.OrganizationMemberships, shown[n])
				}
			}
		}
		return nil
	})
}
