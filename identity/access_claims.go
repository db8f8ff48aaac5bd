package identity

import (
	"math/big"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// grantedClaims are what a session token says of an organization, of features and of plans
// (protocol reference 3.2).
type grantedClaims struct {
	org      *wire.OrgClaim
	fea, pla string
}

// claims are those of somebody with a plan of their own ("" for none), active in an
// organization with a role, or in none when org is nil. System permissions are left out.
// A role that does not exist any more allows nothing, and is still named.
func (r *accessRules) claims(org *Organization, roleKey, userPlan string) grantedClaims {
	var g grantedClaims
	own, _ := r.plan(userPlan, forUser)
	var features []string
	if org != nil {
		role, _ := r.role(roleKey)
		allowed := r.permissionsOf(role, org.Plan)
		features = r.claimedFeatures(org.Plan, allowed)
		per, fpm := permissionMasks(features, allowed)
		g.org = &wire.OrgClaim{ID: org.ID, Slg: org.Slug, Rol: strings.TrimPrefix(roleKey, wire.RolePrefix), Per: per, Fpm: fpm}
		if plan, ok := r.plan(org.Plan, forOrganization); ok {
			g.pla = "o:" + plan.Key
		}
	}
	g.fea = scopedFeatures(features, own.Features)
	if own.Key != "" {
		g.pla = strings.TrimPrefix(g.pla+",u:"+own.Key, ",")
	}
	return g
}

// claimedFeatures are the features that a token names for an organization: its plan's, or
// where there are no plans those that its permissions are about, because permissions are
// spelled by feature.
func (r *accessRules) claimedFeatures(plan string, allowed []string) []string {
	if features, metered := r.organizationFeatures(plan); metered {
		return features
	}
	var features []string
	for _, key := range allowed {
		if feature, _, custom := customPermission(key); custom && !slices.Contains(features, feature) {
			features = append(features, feature)
		}
	}
	return features
}

// scopedFeatures lists the organization's features, marked where they are the person's too,
// and then what else the person has. The organization's come in the order of their masks.
func scopedFeatures(organization, user []string) string {
	var list []string
	for _, f := range organization {
		scope := "o:"
		if slices.Contains(user, f) {
			scope = "ou:"
		}
		list = append(list, scope+f)
	}
	for _, f := range user {
		if !slices.Contains(organization, f) {
			list = append(list, "u:"+f)
		}
	}
	return strings.Join(list, ",")
}

// permissionMasks spells permissions as claims do: the names of actions, and for each feature
// a number whose bit j says that action j is allowed on it (protocol reference 3.3).
func permissionMasks(features, allowed []string) (per, fpm string) {
	var actions []string
	masks := make([]*big.Int, len(features))
	for i := range masks {
		masks[i] = new(big.Int)
	}
	for _, key := range allowed {
		feature, action, custom := customPermission(key)
		i := slices.Index(features, feature)
		if !custom || i < 0 {
			continue
		}
		j := slices.Index(actions, action)
		if j < 0 {
			j = len(actions)
			actions = append(actions, action)
		}
		masks[i].SetBit(masks[i], j, 1)
	}
	if len(actions) == 0 {
		return "", ""
	}
	numbers := make([]string, len(masks))
	for i, m := range masks {
		numbers[i] = m.String()
	}
	return strings.Join(actions, ","), strings.Join(numbers, ",")
}
