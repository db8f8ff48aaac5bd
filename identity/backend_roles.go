package identity

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// roleParams are the JSON form of a role. Permissions are named by id, or by key.
type roleParams struct {
	Name        *string  `json:"name"`
	Key         *string  `json:"key"`
	Description *string  `json:"description"`
	Permissions []string `json:"permissions"`
}

// listRoles lists the roles that members can have.
func listRoles(c *call) (any, error) {
	return listAccess(c, func(r *accessRules) []storedRole { return r.Roles }, func(r storedRole) accessLabel {
		return accessLabel{r.ID, r.Key, r.Name, r.CreatedAt}
	}, func(rules *accessRules, r storedRole) wire.OrganizationRole { return c.roleJSON(rules, r) })
}

// roleInPath is the index of the role in the path.
func (c *call) roleInPath(r *accessRules) (int, error) {
	id := c.r.PathValue("id")
	i := slices.IndexFunc(r.Roles, func(role storedRole) bool { return role.ID == id })
	if i < 0 {
		return 0, notFound()
	}
	return i, nil
}

func getRole(c *call) (any, error) {
	var out wire.OrganizationRole
	err := c.view(c.r.Context(), func(tx Tx) error {
		rules, err := c.access(tx)
		if err != nil {
			return err
		}
		i, err := c.roleInPath(rules)
		if err == nil {
			out = c.roleJSON(rules, rules.Roles[i])
		}
		return err
	})
	return out, err
}

// answerRole runs change on the rules and answers with the role at the index it returns.
func (c *call) answerRole(kind string, change func(Tx, *accessRules) (int, error)) (any, error) {
	var out wire.OrganizationRole
	err := c.update(c.r.Context(), func(tx Tx) error {
		return c.editAccess(tx, func(rules *accessRules) error {
			i, err := change(tx, rules)
			if err != nil {
				return err
			}
			role := &rules.Roles[i]
			role.UpdatedAt = c.now
			out = c.roleJSON(rules, *role)
			return c.record(tx, AuditEvent{Type: kind, Data: detail("role", role.Key)})
		})
	})
	return out, err
}

// editAccess is [Service.changeAccess], saying why the rules would not hold together: whoever
// has the secret key may know.
func (c *call) editAccess(tx Tx, change func(*accessRules) error) error {
	err := c.changeAccess(tx, change)
	if errors.Is(err, errAccess) {
		why := strings.TrimPrefix(err.Error(), errAccess.Error()+": ")
		err = refuse(http.StatusUnprocessableEntity, wire.CodeParamValueInvalid, strings.ReplaceAll(why, "\n", "; ")+".")
	}
	return err
}

func createRole(c *call) (any, error) {
	var in struct {
		roleParams
		Initial *bool `json:"include_in_initial_role_set"` // all roles are in the one set there is
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if err := joinFields(requiredText("name", in.Name), requiredText("key", in.Key)); err != nil {
		return nil, err
	}
	return c.answerRole("role.created", func(tx Tx, rules *accessRules) (int, error) {
		if len(rules.Roles) >= maxRoles {
			return 0, refuse(http.StatusForbidden, wire.CodeRolesQuota, "There can be at most "+decimal(maxRoles)+" roles.")
		}
		role := storedRole{ID: newID(prefixRole), CreatedAt: c.now}
		role.Permissions = []string{}
		rules.Roles = append(rules.Roles, role)
		i := len(rules.Roles) - 1
		return i, c.applyRole(tx, rules, i, in.roleParams)
	})
}

// requiredText refuses a parameter that is missing, null or empty.
func requiredText(param string, v *string) error {
	if v == nil {
		return missingParam(param)
	}
	return required(param, *v)
}

func updateRole(c *call) (any, error) {
	var in roleParams
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	return c.answerRole("role.updated", func(tx Tx, rules *accessRules) (int, error) {
		i, err := c.roleInPath(rules)
		if err != nil {
			return 0, err
		}
		return i, c.applyRole(tx, rules, i, in)
	})
}

// applyRole writes what is given into the role at index i.
func (c *call) applyRole(tx Tx, rules *accessRules, i int, in roleParams) error {
	before := rules.Roles[i]
	role := &rules.Roles[i]
	if in.Name != nil {
		role.Name = *in.Name
	}
	if in.Description != nil {
		role.Description = *in.Description
	}
	if in.Permissions != nil {
		keys, err := c.permissionKeys(rules, in.Permissions)
		if err != nil {
			return err
		}
		role.Permissions = keys
	}
	if in.Key != nil && *in.Key != before.Key {
		if err := c.rename(tx, rules, i, *in.Key); err != nil {
			return err
		}
	}
	if before.elevated() && !role.elevated() {
		if before.Key == wire.RoleAdmin {
			return creatorPermissions()
		}
		return c.roleUnassigned(tx, before.Key)
	}
	return nil
}

// rename gives a role another key, which members and invitations name it by: nobody may
// have it.
func (c *call) rename(tx Tx, rules *accessRules, i int, key string) error {
	if err := checkRoleKey(key); err != nil {
		return invalid("key", wire.CodeParamFormatInvalid, "key must be org: and then lower-case letters, digits and underscores.")
	}
	if _, ok := rules.role(key); ok {
		return invalid("key", wire.CodeIdentifierExists, "There is a role with this key.")
	}
	role := &rules.Roles[i]
	if builtin(role.Key) {
		return invalid("key", wire.CodeParamValueInvalid, "The key of this role cannot be changed.")
	}
	if role.Key != "" {
		if err := c.roleUnassigned(tx, role.Key); err != nil {
			return err
		}
		if err := c.roleUninvited(tx, role.Key); err != nil {
			return err
		}
	}
	role.Key = key
	return nil
}

func creatorPermissions() *apiError {
	return refuse(http.StatusUnprocessableEntity, wire.CodeCreatorPermissions,
		"The role of those who create organizations must keep the permissions "+strings.Join(elevated, ", ")+".")
}

// permissionKeys are the keys of permissions that are named by id or key.
func (c *call) permissionKeys(rules *accessRules, names []string) ([]string, error) {
	keys := []string{}
	all := rules.allPermissions(c.instance.createdAt)
	for _, name := range names {
		i := slices.IndexFunc(all, func(p storedPermission) bool { return p.ID == name || p.Key == name })
		if i < 0 {
			e := notFound()
			e.errs[0].Message = "There is no such permission."
			e.errs[0].Meta = &wire.ErrorMeta{ParamName: "permissions"}
			return nil, e
		}
		if !slices.Contains(keys, all[i].Key) {
			keys = append(keys, all[i].Key)
		}
	}
	return keys, nil
}

// deleteRole deletes a role that nobody has.
func deleteRole(c *call) (any, error) {
	var gone storedRole
	err := c.update(c.r.Context(), func(tx Tx) error {
		return c.editAccess(tx, func(rules *accessRules) error {
			i, err := c.roleInPath(rules)
			if err != nil {
				return err
			}
			gone = rules.Roles[i]
			if err := c.mayDeleteRole(tx, gone.Key); err != nil {
				return err
			}
			rules.Roles = slices.Delete(rules.Roles, i, i+1)
			return c.record(tx, AuditEvent{Type: "role.deleted", Data: detail("role", gone.Key)})
		})
	})
	return wire.Deleted{Object: "role", ID: gone.ID, Deleted: true}, err
}

func (c *call) mayDeleteRole(tx Tx, key string) error {
	switch key {
	case wire.RoleAdmin:
		return refuse(http.StatusUnprocessableEntity, wire.CodeCreatorRole, "Those who create organizations get this role, so it cannot be deleted.")
	case wire.RoleMember:
		return refuse(http.StatusUnprocessableEntity, wire.CodeDefaultRole, "This is the role of members who have no other, so it cannot be deleted.")
	}
	if err := c.roleUnassigned(tx, key); err != nil {
		return err
	}
	return c.roleUninvited(tx, key)
}

// permissionInRole finds the role and the permission in the path, and where the role has it.
func (c *call) permissionInRole(rules *accessRules) (role, at int, key string, err error) {
	if role, err = c.roleInPath(rules); err != nil {
		return 0, 0, "", err
	}
	keys, err := c.permissionKeys(rules, []string{c.r.PathValue("permission")})
	if err != nil {
		return 0, 0, "", err
	}
	return role, slices.Index(rules.Roles[role].Permissions, keys[0]), keys[0], nil
}

func assignPermission(c *call) (any, error) {
	return c.answerRole("role.updated", func(_ Tx, rules *accessRules) (int, error) {
		role, at, key, err := c.permissionInRole(rules)
		if err == nil && at >= 0 {
			err = refuse(http.StatusConflict, wire.CodePermissionInRole, "The role has this permission already.")
		}
		if err != nil {
			return 0, err
		}
		rules.Roles[role].Permissions = append(slices.Clone(rules.Roles[role].Permissions), key)
		return role, nil
	})
}

func removePermission(c *call) (any, error) {
	return c.answerRole("role.updated", func(tx Tx, rules *accessRules) (int, error) {
		role, at, _, err := c.permissionInRole(rules)
		if err == nil && at < 0 {
			err = refuse(http.StatusNotFound, wire.CodePermissionNotInRole, "The role does not have this permission.")
		}
		if err != nil {
			return 0, err
		}
		kept := slices.Delete(slices.Clone(rules.Roles[role].Permissions), at, at+1)
		return role, c.applyRole(tx, rules, role, roleParams{Permissions: kept})
	})
}
