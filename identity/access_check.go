package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// Bounds of an instance's access rules.
const (
	maxRoles       = 50
	maxPermissions = 200
	maxFeatures    = 100
	maxPlans       = 100
	// maxAccessClaims keeps room in the cookie that holds a session token for everything
	// else: 1,500 octets are 2,000 of the 4,096 once encoded.
	maxAccessClaims = 1500
)

// Keys are parts of claims that separate them with commas and colons.
var (
	roleKey       = regexp.MustCompile(`^org:[a-z0-9_]{1,64}$`)
	permissionKey = regexp.MustCompile(`^org:[a-z0-9_-]{1,64}:[a-z0-9_-]{1,64}$`)
	itemKey       = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)
)

func checkRoleKey(key string) error {
	if !roleKey.MatchString(key) || strings.HasPrefix(key, systemPrefix) {
		return fmt.Errorf("role %q: a key is org: and then lower-case letters, digits and underscores, 64 at most", key)
	}
	return nil
}

func checkPermissionKey(key string) error {
	if !permissionKey.MatchString(key) || strings.HasPrefix(key, systemPrefix) {
		return fmt.Errorf("permission %q: a key is org:<feature>:<action>, each of lower-case letters, digits, dashes and underscores; those that begin with org:sys_ are the system's", key)
	}
	return nil
}

func checkItemKey(kind, key string) error {
	if !itemKey.MatchString(key) || strings.HasPrefix(key, "sys_") {
		return fmt.Errorf("%s %q: a key has lower-case letters, digits, dashes and underscores, 64 at most, and does not begin with sys_", kind, key)
	}
	return nil
}

// checkLabel checks a name and a description.
func checkLabel(kind, key, name, description string) error {
	if name == "" || checkName("name", name) != nil || checkName("description", description) != nil {
		return fmt.Errorf("%s %q: needs a name, and name and description have one line of at most %d characters", kind, key, maxNameLength)
	}
	return nil
}

// check returns every mistake in the rules.
func (r *accessRules) check() error {
	return errors.Join(
		atMost("roles", len(r.Roles), maxRoles),
		atMost("permissions", len(r.Permissions), maxPermissions),
		atMost("features", len(r.Features), maxFeatures),
		atMost("plans", len(r.Plans), maxPlans),
		r.checkPermissions(), r.checkRoles(), r.checkFeatures(), r.checkPlans(), r.checkSize(),
	)
}

func atMost(what string, n, limit int) error {
	if n > limit {
		return fmt.Errorf("there are %d %s, at most %d are allowed", n, what, limit)
	}
	return nil
}

// unique reports values that are there twice.
func unique(what string, values []string) error {
	var errs []error
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			errs = append(errs, fmt.Errorf("%s: %q is there twice", what, v))
		}
	}
	return errors.Join(errs...)
}

func (r *accessRules) checkPermissions() error {
	var errs []error
	var keys []string
	for _, p := range r.Permissions {
		keys = append(keys, p.Key)
		errs = append(errs, checkPermissionKey(p.Key), checkLabel("permission", p.Key, p.Name, p.Description))
	}
	return errors.Join(append(errs, unique("permissions", keys))...)
}

func (r *accessRules) checkRoles() error {
	var errs []error
	var keys, known []string
	for _, p := range systemPermissions {
		known = append(known, p.Key)
	}
	for _, p := range r.Permissions {
		known = append(known, p.Key)
	}
	for _, role := range r.Roles {
		keys = append(keys, role.Key)
		errs = append(errs, checkRoleKey(role.Key), checkLabel("role", role.Key, role.Name, role.Description),
			unique("permissions of role "+role.Key, role.Permissions))
		for _, p := range role.Permissions {
			if !slices.Contains(known, p) {
				errs = append(errs, fmt.Errorf("role %q: there is no permission %q", role.Key, p))
			}
		}
	}
	if admin, ok := r.role(wire.RoleAdmin); !ok || !admin.elevated() {
		errs = append(errs, fmt.Errorf("role %q must keep the permissions %s", wire.RoleAdmin, strings.Join(elevated, ", ")))
	}
	return errors.Join(append(errs, unique("roles", keys))...)
}

func (r *accessRules) checkFeatures() error {
	var errs []error
	var keys []string
	for _, f := range r.Features {
		keys = append(keys, f.Key)
		errs = append(errs, checkItemKey("feature", f.Key), checkLabel("feature", f.Key, f.Name, f.Description))
	}
	return errors.Join(append(errs, unique("features", keys))...)
}

func (r *accessRules) checkPlans() error {
	var errs []error
	var keys, known []string
	for _, f := range r.Features {
		known = append(known, f.Key)
	}
	for _, p := range r.Plans {
		keys = append(keys, p.Key)
		errs = append(errs, checkItemKey("plan", p.Key), checkLabel("plan", p.Key, p.Name, ""),
			unique("features of plan "+p.Key, p.Features))
		if p.For != forOrganization && p.For != forUser {
			errs = append(errs, fmt.Errorf(`plan %q: for is %q, want "organization" or "user"`, p.Key, p.For))
		}
		for _, f := range p.Features {
			if !slices.Contains(known, f) {
				errs = append(errs, fmt.Errorf("plan %q: there is no feature %q", p.Key, f))
			}
		}
	}
	return errors.Join(append(errs, unique("plans", keys))...)
}

// checkSize refuses rules under which somebody would get a token that no browser keeps
// (C12): the longest claims of any role with any two plans.
func (r *accessRules) checkSize() error {
	longest := 0
	for _, role := range r.Roles {
		for _, plan := range append([]AccessPlan{{}}, r.Plans...) {
			org := &Organization{}
			if plan.For == forOrganization {
				org.Plan = plan.Key
			}
			longest = max(longest, r.claims(org, role.Key, "").size())
		}
	}
	own := 0
	for _, plan := range r.Plans {
		if plan.For == forUser {
			own = max(own, r.claims(nil, "", plan.Key).size())
		}
	}
	if longest+own > maxAccessClaims {
		return fmt.Errorf("a role and its plans would take %d octets of a session token, at most %d fit: use fewer or shorter permissions and features", longest+own, maxAccessClaims)
	}
	return nil
}

// size is how many octets the claims take before they are encoded.
func (g grantedClaims) size() int {
	raw, err := json.Marshal(wire.Claims{Org: g.org, Fea: g.fea, Pla: g.pla})
	none, err2 := json.Marshal(wire.Claims{})
	if err != nil || err2 != nil {
		return maxAccessClaims // cannot happen for strings
	}
	return len(raw) - len(none)
}
