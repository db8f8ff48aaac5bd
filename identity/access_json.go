package identity

import (
	"slices"

	"github.com/usherauth/usher/wire"
)

// roleJSON is a role with its permissions spelled out.
func (c *call) roleJSON(rules *accessRules, r storedRole) wire.OrganizationRole {
	out := wire.OrganizationRole{
		Object: "role", ID: r.ID, Key: r.Key, Name: r.Name, Description: r.Description,
		Permissions:       []wire.OrganizationPermission{},
		IsCreatorEligible: r.elevated(),
		CreatedAt:         millis(r.CreatedAt),
		UpdatedAt:         millis(r.UpdatedAt),
	}
	for _, p := range rules.allPermissions(c.instance.createdAt) {
		if slices.Contains(r.Permissions, p.Key) {
			out.Permissions = append(out.Permissions, permissionJSON(p))
		}
	}
	return out
}

func permissionJSON(p storedPermission) wire.OrganizationPermission {
	kind := "system"
	if _, _, custom := customPermission(p.Key); custom {
		kind = "user"
	}
	return wire.OrganizationPermission{
		Object: "permission", ID: p.ID, Key: p.Key, Name: p.Name, Description: p.Description, Type: kind,
		CreatedAt: millis(p.CreatedAt), UpdatedAt: millis(p.UpdatedAt),
	}
}
