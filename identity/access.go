package identity

import (
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// Access is what an instance grants: in organizations the roles with their permissions, and
// by billing plans the features. It is the document of [Service.SetAccess]. The zero value
// has the two roles that are always there, with what they had, and nothing else.
type Access struct {
	// Roles are those that members can have. org:admin and org:member are always there,
	// whether or not they are listed.
	Roles []AccessRole `json:"roles"`
	// Permissions are the instance's own, spelled "org:<feature>:<action>". System
	// permissions (wire.Permission…) are always there and are not listed.
	Permissions []AccessItem `json:"permissions"`
	// Features are what plans consist of.
	Features []AccessItem `json:"features"`
	// Plans give features to the organizations and people they are assigned to. Where there
	// is a plan for organizations, a permission counts only in those whose plan has its
	// feature; where there is none, every permission of a role counts.
	Plans []AccessPlan `json:"plans"`
}

// AccessRole is a role and what it allows.
type AccessRole struct {
	Key         string   `json:"key"` // "org:billing_manager"
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Permissions []string `json:"permissions"` // by key, the system's among them
}

// AccessItem is a permission ("org:invoices:read") or a feature ("invoices").
type AccessItem struct {
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// AccessPlan is a billing plan, for organizations or for people.
type AccessPlan struct {
	Key      string   `json:"key"` // "pro"
	Name     string   `json:"name"`
	For      string   `json:"for"`      // "organization" or "user"
	Features []string `json:"features"` // by key
}

// Whom plans are for.
const (
	forOrganization = "organization"
	forUser         = "user"
)

const systemPrefix = "org:sys_"

// accessRules are an instance's Access as it is stored: with ids and times. They are
// never changed in place, because requests share them.
type accessRules struct {
	Roles       []storedRole       `json:"roles"`
	Permissions []storedPermission `json:"permissions"` // the instance's own
	Features    []AccessItem       `json:"features"`
	Plans       []AccessPlan       `json:"plans"`
}

type storedRole struct {
	AccessRole
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

type storedPermission struct {
	AccessItem
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// systemPermissions are those of every instance, in the order of its roles' lists.
var systemPermissions = []AccessItem{
	{Key: wire.PermissionProfileManage, Name: "Manage organization"},
	{Key: wire.PermissionProfileDelete, Name: "Delete organization"},
	{Key: wire.PermissionMembershipsRead, Name: "Read members"},
	{Key: wire.PermissionMembershipsManage, Name: "Manage members"},
	{Key: wire.PermissionDomainsRead, Name: "Read domains"},
	{Key: wire.PermissionDomainsManage, Name: "Manage domains"},
	{Key: wire.PermissionBillingRead, Name: "Read billing"},
	{Key: wire.PermissionBillingManage, Name: "Manage billing"},
	{Key: wire.PermissionAPIKeysRead, Name: "Read API keys"},
	{Key: wire.PermissionAPIKeysManage, Name: "Manage API keys"},
}

// elevated are what at least one member of an organization should be allowed to do, or else
// nobody in it can ever change who is.
var elevated = []string{wire.PermissionMembershipsRead, wire.PermissionMembershipsManage, wire.PermissionProfileDelete}

// builtinRoles are the roles of an instance that was never configured.
func builtinRoles(at time.Time) []storedRole {
	admin := storedRole{ID: "role_org_admin", CreatedAt: at, UpdatedAt: at}
	admin.AccessRole = AccessRole{Key: wire.RoleAdmin, Name: "Admin", Description: "May do everything in the organization."}
	for _, p := range systemPermissions {
		admin.Permissions = append(admin.Permissions, p.Key)
	}
	member := storedRole{ID: "role_org_member", CreatedAt: at, UpdatedAt: at}
	member.AccessRole = AccessRole{
		Key: wire.RoleMember, Name: "Member", Description: "May see the organization and its members.",
		Permissions: []string{wire.PermissionMembershipsRead, wire.PermissionBillingRead},
	}
	return []storedRole{admin, member}
}

// builtin reports a role that cannot be deleted or get another key.
func builtin(key string) bool { return key == wire.RoleAdmin || key == wire.RoleMember }

// allPermissions are the system's and the instance's own. System permissions have ids made
// of their keys, the same in every instance.
func (r *accessRules) allPermissions(at time.Time) []storedPermission {
	var all []storedPermission
	for _, p := range systemPermissions {
		id := "perm_" + strings.NewReplacer("org:", "", ":", "_").Replace(p.Key)
		all = append(all, storedPermission{AccessItem: p, ID: id, CreatedAt: at, UpdatedAt: at})
	}
	return append(all, r.Permissions...)
}

// role finds a role by its key, which may be spelled without the prefix.
func (r *accessRules) role(key string) (storedRole, bool) {
	if !strings.HasPrefix(key, wire.RolePrefix) {
		key = wire.RolePrefix + key
	}
	i := slices.IndexFunc(r.Roles, func(role storedRole) bool { return role.Key == key })
	if i < 0 {
		return storedRole{}, false
	}
	return r.Roles[i], true
}

// elevatedRoles are the keys of the roles that can keep an organization going.
func (r *accessRules) elevatedRoles() (keys []string) {
	for _, role := range r.Roles {
		if role.elevated() {
			keys = append(keys, role.Key)
		}
	}
	return keys
}

func (r AccessRole) elevated() bool {
	return !slices.ContainsFunc(elevated, func(p string) bool { return !slices.Contains(r.Permissions, p) })
}

// plan finds a plan that is meant for this kind of owner. A plan that was deleted since it
// was assigned is none.
func (r *accessRules) plan(key, owner string) (AccessPlan, bool) {
	i := slices.IndexFunc(r.Plans, func(p AccessPlan) bool { return p.Key == key && p.For == owner })
	if key == "" || i < 0 {
		return AccessPlan{}, false
	}
	return r.Plans[i], true
}

// metered reports whether features of organizations come from their plans.
func (r *accessRules) metered() bool {
	return slices.ContainsFunc(r.Plans, func(p AccessPlan) bool { return p.For == forOrganization })
}

// permissionsOf are the permissions of a role in an organization with the given plan.
func (r *accessRules) permissionsOf(role storedRole, plan string) []string {
	features, metered := r.organizationFeatures(plan)
	allowed := []string{}
	for _, key := range role.Permissions {
		feature, _, custom := customPermission(key)
		if !custom || !metered || slices.Contains(features, feature) {
			allowed = append(allowed, key)
		}
	}
	return allowed
}

// organizationFeatures are those of an organization's plan; metered is false where there are
// no plans for organizations.
func (r *accessRules) organizationFeatures(plan string) (features []string, metered bool) {
	p, _ := r.plan(plan, forOrganization)
	return p.Features, r.metered()
}

// customPermission splits "org:invoices:read"; ok is false for system permissions.
func customPermission(key string) (feature, action string, ok bool) {
	if strings.HasPrefix(key, systemPrefix) {
		return "", "", false
	}
	feature, action, ok = strings.Cut(strings.TrimPrefix(key, wire.RolePrefix), ":")
	return feature, action, ok
}
