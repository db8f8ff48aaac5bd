package identity

import (
	"net/http"
	"slices"

	"github.com/usherauth/usher/wire"
)

// permissionParams are the JSON form of a permission.
type permissionParams struct {
	Name        *string `json:"name"`
	Key         *string `json:"key"`
	Description *string `json:"description"`
}

// listPermissions lists the permissions that roles can have, the system's among them.
func listPermissions(c *call) (any, error) {
	all := func(r *accessRules) []storedPermission { return r.allPermissions(c.instance.createdAt) }
	return listAccess(c, all, func(p storedPermission) accessLabel {
		return accessLabel{p.ID, p.Key, p.Name, p.CreatedAt}
	}, func(_ *accessRules, p storedPermission) wire.OrganizationPermission { return permissionJSON(p) })
}

func getPermission(c *call) (any, error) {
	var out wire.OrganizationPermission
	id := c.r.PathValue("id")
	err := c.view(c.r.Context(), func(tx Tx) error {
		rules, err := c.access(tx)
		if err != nil {
			return err
		}
		all := rules.allPermissions(c.instance.createdAt)
		i := slices.IndexFunc(all, func(p storedPermission) bool { return p.ID == id })
		if i < 0 {
			return notFound()
		}
		out = permissionJSON(all[i])
		return nil
	})
	return out, err
}

// permissionInPath is the index of the instance's own permission in the path. The system's
// cannot be changed.
func (c *call) permissionInPath(rules *accessRules) (int, error) {
	id := c.r.PathValue("id")
	same := func(p storedPermission) bool { return p.ID == id }
	if i := slices.IndexFunc(rules.Permissions, same); i >= 0 {
		return i, nil
	}
	if slices.ContainsFunc(rules.allPermissions(c.instance.createdAt), same) {
		return 0, refuse(http.StatusForbidden, wire.CodeSystemPermission, "System permissions cannot be changed.")
	}
	return 0, notFound()
}

// answerPermission runs change on the rules and answers with the permission at the index it
// returns.
func (c *call) answerPermission(kind string, change func(*accessRules) (int, error)) (any, error) {
	var out wire.OrganizationPermission
	err := c.update(c.r.Context(), func(tx Tx) error {
		return c.editAccess(tx, func(rules *accessRules) error {
			i, err := change(rules)
			if err != nil {
				return err
			}
			rules.Permissions[i].UpdatedAt = c.now
			out = permissionJSON(rules.Permissions[i])
			return c.record(tx, AuditEvent{Type: kind, Data: detail("permission", out.Key)})
		})
	})
	return out, err
}

func createPermission(c *call) (any, error) {
	var in permissionParams
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if err := joinFields(requiredText("name", in.Name), requiredText("key", in.Key)); err != nil {
		return nil, err
	}
	return c.answerPermission("permission.created", func(rules *accessRules) (int, error) {
		rules.Permissions = append(rules.Permissions, storedPermission{ID: newID(prefixPermission), CreatedAt: c.now})
		i := len(rules.Permissions) - 1
		return i, applyPermission(rules, i, in)
	})
}

func updatePermission(c *call) (any, error) {
	var in permissionParams
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	return c.answerPermission("permission.updated", func(rules *accessRules) (int, error) {
		i, err := c.permissionInPath(rules)
		if err != nil {
			return 0, err
		}
		return i, applyPermission(rules, i, in)
	})
}

// applyPermission writes what is given. Roles that have the permission keep it under its new
// key.
func applyPermission(rules *accessRules, i int, in permissionParams) error {
	p := &rules.Permissions[i]
	if in.Name != nil {
		p.Name = *in.Name
	}
	if in.Description != nil {
		p.Description = *in.Description
	}
	if in.Key == nil || *in.Key == p.Key {
		return nil
	}
	if err := checkPermissionKey(*in.Key); err != nil {
		return invalid("key", wire.CodeParamFormatInvalid, "key must be org:<feature>:<action>, of lower-case letters, digits, dashes and underscores.")
	}
	if slices.ContainsFunc(rules.Permissions, func(q storedPermission) bool { return q.Key == *in.Key }) {
		return invalid("key", wire.CodeIdentifierExists, "There is a permission with this key.")
	}
	for n := range rules.Roles {
		if at := slices.Index(rules.Roles[n].Permissions, p.Key); at >= 0 {
			rules.Roles[n].Permissions = slices.Clone(rules.Roles[n].Permissions)
			rules.Roles[n].Permissions[at] = *in.Key
		}
	}
	p.Key = *in.Key
	return nil
}

// deletePermission takes a permission away from all roles too.
func deletePermission(c *call) (any, error) {
	var gone storedPermission
	err := c.update(c.r.Context(), func(tx Tx) error {
		return c.editAccess(tx, func(rules *accessRules) error {
			i, err := c.permissionInPath(rules)
			if err != nil {
				return err
			}
			gone = rules.Permissions[i]
			rules.Permissions = slices.Delete(rules.Permissions, i, i+1)
			for n := range rules.Roles {
				rules.Roles[n].Permissions = slices.DeleteFunc(slices.Clone(rules.Roles[n].Permissions), func(key string) bool { return key == gone.Key })
			}
			return c.record(tx, AuditEvent{Type: "permission.deleted", Data: detail("permission", gone.Key)})
		})
	})
	return wire.Deleted{Object: "permission", ID: gone.ID, Deleted: true}, err
}
