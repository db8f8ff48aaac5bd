package memstore

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) Membership(orgID, userID string) (store.Membership, error) {
	id, ok := t.members[member{orgID, userID}]
	if !ok {
		return store.Membership{}, store.ErrNotFound
	}
	return get(t.memberships, id, cloneMembership)
}

func (t *tx) Memberships(q store.MembershipQuery) ([]store.Membership, error) {
	order, err := direction(q.OrderBy, t.membershipOrders())
	if err != nil {
		return nil, err
	}
	found := sorted(t.matchingMemberships(q), order, func(m store.Membership) string { return m.ID })
	return copies(page(found, q.Limit, q.Offset), cloneMembership), nil
}

func (t *tx) CountMemberships(q store.MembershipQuery) (int64, error) {
	return int64(len(t.matchingMemberships(q))), nil
}

func (t *tx) matchingMemberships(q store.MembershipQuery) []store.Membership {
	needle := strings.ToLower(q.Search)
	match := func(m store.Membership) bool {
		return (q.OrgID == "" || m.OrgID == q.OrgID) && (q.UserID == "" || m.UserID == q.UserID) &&
			among(q.OrgIDs, m.OrgID) && among(q.UserIDs, m.UserID) && among(q.Roles, m.Role) && mentions(t.users[m.UserID], needle)
	}
	var ids []string
	switch {
	case q.UserID != "":
		ids = t.userOrgs[q.UserID]
	case q.OrgID != "":
		ids = t.orgUsers[q.OrgID]
	case len(q.UserIDs) > 0:
		ids = linked(t.userOrgs, q.UserIDs)
	case len(q.OrgIDs) > 0:
		ids = linked(t.orgUsers, q.OrgIDs)
	default:
		return where(t.memberships, match)
	}
	var found []store.Membership
	for _, id := range ids {
		if m := t.memberships[id]; match(m) {
			found = append(found, m)
		}
	}
	return found
}

func (t *tx) membershipOrders() map[string]func(a, b store.Membership) int {
	address := func(m store.Membership) string { return mainAddress(t.users[m.UserID]) }
	return map[string]func(a, b store.Membership) int{
		"created_at":    byTime(func(m store.Membership) time.Time { return m.CreatedAt }),
		"email_address": func(a, b store.Membership) int { return strings.Compare(address(a), address(b)) },
	}
}

// anyMember reports whether one of the users is in one of the organizations.
func (t *tx) anyMember(orgs, users []string) bool {
	return slices.ContainsFunc(orgs, func(org string) bool {
		return slices.ContainsFunc(users, func(user string) bool { _, ok := t.members[member{org, user}]; return ok })
	})
}

func (t *tx) PutMembership(m store.Membership) error {
	if err := t.write(); err != nil {
		return err
	}
	key := member{m.OrgID, m.UserID}
	if owner, ok := t.members[key]; ok && owner != m.ID {
		return fmt.Errorf("memstore: put membership: user of the organization: %w", store.ErrConflict)
	}
	if _, ok := t.organizations[m.OrgID]; !ok {
		return fmt.Errorf("memstore: put membership: organization: %w", store.ErrNotFound)
	}
	if _, ok := t.users[m.UserID]; !ok {
		return fmt.Errorf("memstore: put membership: user: %w", store.ErrNotFound)
	}
	m = cloneMembership(m)
	stamp(&m.CreatedAt, &m.UpdatedAt)
	old, had := t.memberships[m.ID]
	if moved := had && key != (member{old.OrgID, old.UserID}); moved {
		t.dropMembership(m.ID)
		had = false
	}
	if !had {
		set(t, t.members, key, m.ID)
		link(t, t.userOrgs, m.UserID, m.ID)
		link(t, t.orgUsers, m.OrgID, m.ID)
	}
	set(t, t.memberships, m.ID, m)
	return nil
}

func (t *tx) DeleteMembership(orgID, userID string) error {
	if err := t.write(); err != nil {
		return err
	}
	id, ok := t.members[member{orgID, userID}]
	if !ok {
		return store.ErrNotFound
	}
	t.dropMembership(id)
	return nil
}

func (t *tx) dropMembership(id string) {
	m := t.memberships[id]
	unset(t, t.members, member{m.OrgID, m.UserID})
	unlink(t, t.userOrgs, m.UserID, id)
	unlink(t, t.orgUsers, m.OrgID, id)
	unset(t, t.memberships, id)
}

func cloneMembership(m store.Membership) store.Membership {
	m.PublicMetadata = cloneSlice(m.PublicMetadata)
	m.PrivateMetadata = cloneSlice(m.PrivateMetadata)
	return m
}
