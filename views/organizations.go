package views

import (
	"slices"
	"strconv"

	"github.com/usherauth/usher/wire"
)

// Organizations is what [UserOrganizations] shows.
type Organizations struct {
	// UserID is the signed-in person, who is not offered to remove themselves or to change
	// their own role: leaving is another form.
	UserID string
	// Memberships are the organizations the signed-in person is in. Active is the one
	// that the session acts for; nil is the personal account.
	Memberships []wire.OrganizationMembership
	Active      *wire.OrganizationMembership
	// Members, Sent and Roles belong to the active organization: who is in it, which
	// invitations are pending, and the roles that somebody can have.
	Members []wire.OrganizationMembership
	Sent    []wire.OrganizationInvitation
	Roles   []wire.OrganizationRole
	// Received are pending invitations to the person.
	Received []wire.OrganizationInvitation
	// Name, EmailAddress and Role are what was typed, when a form comes back.
	Name, EmailAddress, Role string
	// FormID is the identity of each form, carried along in a hidden field, so that a form
	// sent twice can be told from two forms; "" sends none.
	FormID string
	// Notice says what was done. Error is about a whole form, Errors about single fields,
	// by their name: "name", "email_address", "role".
	Notice, Error string
	Errors        map[string]string
}

// may only chooses what is shown: the API decides.
func (o Organizations) may(permission string) bool {
	return o.Active != nil && slices.Contains(o.Active.Permissions, permission)
}

func (o Organizations) mayManage() bool { return o.may(wire.PermissionMembershipsManage) }

func (o Organizations) maySeeMembers() bool {
	return o.may(wire.PermissionMembershipsRead) || o.mayManage()
}

func (o Organizations) isActive(m wire.OrganizationMembership) bool {
	return o.Active != nil && m.Organization != nil && o.Active.Organization != nil && m.Organization.ID == o.Active.Organization.ID
}

func (o Organizations) nameField() field {
	return field{
		form: "organization", name: "name", label: "Name", kind: "text", autocomplete: "organization",
		required: true, value: o.Name, err: o.Errors["name"],
	}
}

func (o Organizations) inviteField() field {
	return field{
		form: "organization", name: "email_address", label: "Email address", kind: "email", autocomplete: "off",
		inputMode: "email", required: true, value: o.EmailAddress, err: o.Errors["email_address"],
	}
}

// invitedRole is chosen in the form: what was chosen before, and else the least of roles.
func (o Organizations) invitedRole() string {
	if o.Role != "" {
		return o.Role
	}
	return wire.RoleMember
}

func (o Organizations) mistakes() []mistake {
	fields := []field{o.nameField()}
	if o.mayManage() {
		fields = append(fields, o.inviteField())
	}
	return append(mistakes(fields), strays(fields, o.Errors)...)
}

// members says how many members there are, where it is known.
func members(org *wire.Organization) string {
	switch {
	case org.MembersCount == nil:
		return ""
	case *org.MembersCount == 1:
		return "1 member"
	}
	return strconv.FormatInt(*org.MembersCount, 10) + " members"
}

// memberName is what a member is called.
func memberName(m wire.OrganizationMembership) string {
	if m.PublicUserData == nil {
		return "Somebody"
	}
	return displayName(m.PublicUserData.PublicUserData)
}

// memberAddress is "" where it is the member's name already.
func memberAddress(m wire.OrganizationMembership) string {
	if m.PublicUserData == nil || m.PublicUserData.Identifier == memberName(m) {
		return ""
	}
	return wire.Contained(m.PublicUserData.Identifier)
}

func organizationName(i wire.OrganizationInvitation) string {
	if i.PublicOrganizationData == nil {
		return "An organization"
	}
	return wire.Contained(i.PublicOrganizationData.Name)
}

// manages reports whether there are forms about a member.
func (o Organizations) manages(m wire.OrganizationMembership) bool {
	return o.mayManage() && memberID(m) != "" && memberID(m) != o.UserID
}

func memberID(m wire.OrganizationMembership) string {
	if m.PublicUserData == nil {
		return ""
	}
	return m.PublicUserData.UserID
}

// memberLabel tells members apart who have the same name.
func memberLabel(m wire.OrganizationMembership) string {
	if address := memberAddress(m); address != "" {
		return wire.Isolated(memberName(m)) + " (" + wire.Isolated(address) + ")"
	}
	return wire.Isolated(memberName(m))
}

// rolesFor are the roles to choose from for a member, their own among them: a form that did
// not have it would change the role of whoever only presses the button.
func (o Organizations) rolesFor(m wire.OrganizationMembership) []wire.OrganizationRole {
	if slices.ContainsFunc(o.Roles, func(r wire.OrganizationRole) bool { return r.Key == m.Role }) {
		return o.Roles
	}
	return append([]wire.OrganizationRole{{Key: m.Role, Name: m.RoleName}}, o.Roles...)
}
