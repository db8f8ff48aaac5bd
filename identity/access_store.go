package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/usherauth/usher/wire"
)

const settingAccess = "access"

// parsedAccess is the access setting as it was last seen, so that it is parsed once and not
// for every token.
type parsedAccess struct {
	raw   []byte
	rules *accessRules
}

// access returns the instance's rules as tx sees them. They are shared: whoever changes them
// works on a clone.
func (s *Service) access(tx Tx) (*accessRules, error) {
	raw, err := tx.Setting(settingAccess)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if last := s.parsed.Load(); last != nil && bytes.Equal(last.raw, raw) {
		return last.rules, nil
	}
	rules := &accessRules{Roles: builtinRoles(s.instance.createdAt)}
	if len(raw) > 0 {
		rules = &accessRules{}
		if err := json.Unmarshal(raw, rules); err != nil {
			return nil, fmt.Errorf("identity: %w: the stored access setting is damaged", errInternal)
		}
	}
	s.parsed.Store(&parsedAccess{raw, rules})
	return rules, nil
}

// changeAccess runs change on the rules within tx and stores the result if it holds
// together. Of two changes at once the second sees what the first did.
func (s *Service) changeAccess(tx Tx, change func(*accessRules) error) error {
	shared, err := s.access(tx)
	if err != nil {
		return err
	}
	rules := shared.clone()
	if err := change(rules); err != nil {
		return err
	}
	if err := rules.check(); err != nil {
		return fmt.Errorf("%w: %w", errAccess, err)
	}
	raw, err := json.Marshal(rules)
	if err != nil {
		return fmt.Errorf("identity: %w: encode access rules: %w", errInternal, err)
	}
	return tx.PutSetting(settingAccess, raw)
}

// errAccess marks rules that do not hold together.
var errAccess = errors.New("identity: access")

// clone copies what changes replace: the lists, not what their entries share.
func (r *accessRules) clone() *accessRules {
	return &accessRules{
		Roles: slices.Clone(r.Roles), Permissions: slices.Clone(r.Permissions),
		Features: slices.Clone(r.Features), Plans: slices.Clone(r.Plans),
	}
}

// Access returns the instance's roles, permissions, features and plans, in the form that
// [Service.SetAccess] takes.
func (s *Service) Access(ctx context.Context) (Access, error) {
	var doc Access
	err := s.cfg.Store.View(ctx, func(tx Tx) error {
		rules, err := s.access(tx)
		if err != nil {
			return err
		}
		doc = rules.document()
		return nil
	})
	if err != nil {
		return Access{}, fmt.Errorf("identity: read access: %w", err)
	}
	return doc, nil
}

// document has no nil list, so that its JSON says [] and not null.
func (r *accessRules) document() Access {
	doc := Access{
		Roles: []AccessRole{}, Permissions: []AccessItem{}, Plans: []AccessPlan{},
		Features: append([]AccessItem{}, r.Features...),
	}
	for _, role := range r.Roles {
		role.Permissions = append([]string{}, role.Permissions...)
		doc.Roles = append(doc.Roles, role.AccessRole)
	}
	for _, p := range r.Permissions {
		doc.Permissions = append(doc.Permissions, p.AccessItem)
	}
	for _, p := range r.Plans {
		p.Features = append([]string{}, p.Features...)
		doc.Plans = append(doc.Plans, p)
	}
	return doc
}

// SetAccess replaces roles, permissions, features and plans, all or nothing; the error joins
// every mistake in the document, a line each. Tokens follow at their next renewal. A role that
// members or pending invitations have cannot be left out, and one that members have keeps what
// it takes to manage an organization. What refers to a plan that is left out has none from
// then on. The audit log has an event for each entry that was made, changed or deleted.
func (s *Service) SetAccess(ctx context.Context, doc Access) error {
	err := s.cfg.Store.Update(ctx, func(tx Tx) error {
		return s.changeAccess(tx, func(rules *accessRules) error {
			old := rules.document()
			if err := s.reviseAccess(tx, rules, doc); err != nil {
				return err
			}
			return s.noteAccess(tx, old, rules.document())
		})
	})
	if err == nil {
		s.log.InfoContext(ctx, "access rules replaced", "roles", len(doc.Roles), "permissions", len(doc.Permissions), "plans", len(doc.Plans))
	}
	return accessError("set", err)
}

// CheckAccess returns the error that [Service.SetAccess] would return, and changes nothing.
func (s *Service) CheckAccess(ctx context.Context, doc Access) error {
	err := s.cfg.Store.View(ctx, func(tx Tx) error {
		rules, err := s.access(tx)
		if err != nil {
			return err
		}
		return s.reviseAccess(tx, rules.clone(), doc)
	})
	return accessError("check", err)
}

// accessError wraps what does not come of the document itself.
func accessError(verb string, err error) error {
	if err == nil || errors.Is(err, errAccess) {
		return err
	}
	return fmt.Errorf("identity: %s access: %w", verb, err)
}

// reviseAccess makes doc the rules, which are the caller's own. The error has every mistake.
func (s *Service) reviseAccess(tx Tx, rules *accessRules, doc Access) error {
	old := rules.clone()
	rules.replace(doc, s.now())
	err := s.rolesInUse(tx, old, rules)
	var refused *apiError
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	var all []error
	if refused != nil {
		for _, e := range refused.errs {
			all = append(all, errors.New(e.Message))
		}
	}
	if err := errors.Join(append(all, rules.check())...); err != nil {
		return fmt.Errorf("%w: %w", errAccess, err)
	}
	return nil
}

// replace makes doc the rules. What has the key of something earlier keeps its id, and what
// is as it was its time, too.
func (r *accessRules) replace(doc Access, now time.Time) {
	old := r.clone()
	r.Features, r.Plans = slices.Clone(doc.Features), slices.Clone(doc.Plans)
	r.Roles, r.Permissions = nil, nil
	for _, role := range doc.Roles {
		r.Roles = append(r.Roles, storedRole{AccessRole: role, ID: newID(prefixRole), CreatedAt: now, UpdatedAt: now})
	}
	for _, earlier := range old.Roles {
		i := slices.IndexFunc(r.Roles, func(role storedRole) bool { return role.Key == earlier.Key })
		switch {
		case i >= 0 && r.Roles[i].equal(earlier.AccessRole), i < 0 && builtin(earlier.Key):
			r.Roles = putAt(r.Roles, i, earlier)
		case i >= 0:
			r.Roles[i].ID, r.Roles[i].CreatedAt = earlier.ID, earlier.CreatedAt
		}
	}
	for _, p := range doc.Permissions {
		kept := storedPermission{AccessItem: p, ID: newID(prefixPermission), CreatedAt: now, UpdatedAt: now}
		i := slices.IndexFunc(old.Permissions, func(q storedPermission) bool { return q.Key == p.Key })
		if i >= 0 && old.Permissions[i].AccessItem == p {
			kept = old.Permissions[i]
		} else if i >= 0 {
			kept.ID, kept.CreatedAt = old.Permissions[i].ID, old.Permissions[i].CreatedAt
		}
		r.Permissions = append(r.Permissions, kept)
	}
}

// putAt replaces the entry at i, or appends it where i is negative.
func putAt[T any](all []T, i int, v T) []T {
	if i < 0 {
		return append(all, v)
	}
	all[i] = v
	return all
}

// rolesInUse refuses changes of roles that would leave members without a role, or an
// organization without anybody who can manage it. The refusal names every such role.
func (s *Service) rolesInUse(tx Tx, old, changed *accessRules) error {
	var refused joinInvalid
	for _, role := range old.Roles {
		kept, ok := changed.role(role.Key)
		if ok && (kept.elevated() || !role.elevated()) || role.Key == wire.RoleAdmin { // whose permissions are checked always
			continue
		}
		if err := refused.add(s.roleUnassigned(tx, role.Key)); err != nil {
			return err
		}
		if !ok {
			if err := refused.add(s.roleUninvited(tx, role.Key)); err != nil {
				return err
			}
		}
	}
	return refused.err()
}

// roleUnassigned reports a role that members have.
func (s *Service) roleUnassigned(tx Tx, key string) error {
	n, err := tx.CountMemberships(MembershipQuery{Roles: []string{key}})
	if err == nil && n > 0 {
		err = refuse(http.StatusUnprocessableEntity, wire.CodeRoleAssigned, "Members have the role "+key+". Give them another one first.")
	}
	return err
}

// roleUninvited reports a role that somebody is invited to.
func (s *Service) roleUninvited(tx Tx, key string) error {
	all, err := tx.Invitations(InvitationQuery{Statuses: []string{wire.InvitationPending}})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(i Invitation) bool {
		return i.Role == key && invitationStatus(i, s.now()) == wire.InvitationPending
	}) {
		return refuse(http.StatusUnprocessableEntity, wire.CodeRoleInvited, "Pending invitations are for the role "+key+". Revoke them first.")
	}
	return nil
}
