package memstore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) Organization(id string) (store.Organization, error) {
	return get(t.organizations, id, cloneOrganization)
}

func (t *tx) OrganizationBySlug(slug string) (store.Organization, error) {
	id, ok := t.slugs[slug]
	if !ok {
		return store.Organization{}, store.ErrNotFound
	}
	return t.Organization(id)
}

func (t *tx) Organizations(q store.OrganizationQuery) ([]store.Organization, error) {
	order, err := direction(q.OrderBy, t.organizationOrders())
	if err != nil {
		return nil, err
	}
	found := sorted(t.matchingOrganizations(q), order, func(o store.Organization) string { return o.ID })
	return copies(page(found, q.Limit, q.Offset), cloneOrganization), nil
}

func (t *tx) CountOrganizations(q store.OrganizationQuery) (int64, error) {
	return int64(len(t.matchingOrganizations(q))), nil
}

func (t *tx) matchingOrganizations(q store.OrganizationQuery) []store.Organization {
	needle := strings.ToLower(q.Search)
	return pick(t.organizations, q.IDs, func(o store.Organization) bool {
		return (len(q.UserIDs) == 0 || t.anyMember([]string{o.ID}, q.UserIDs)) && contains(needle, o.ID, o.Name, o.Slug)
	})
}

func (t *tx) CountPeople(orgIDs []string, at time.Time) (members, pending map[string]int64, err error) {
	members, pending = make(map[string]int64, len(orgIDs)), make(map[string]int64, len(orgIDs))
	for _, id := range orgIDs {
		if _, ok := t.organizations[id]; !ok {
			continue
		}
		ends := t.orgPending[id]
		expired, _ := slices.BinarySearch(ends, at.UnixMilli()+1)
		members[id], pending[id] = int64(len(t.orgUsers[id])), int64(len(ends)-expired)
	}
	return members, pending, nil
}

func (t *tx) organizationOrders() map[string]func(a, b store.Organization) int {
	name := func(o store.Organization) string { return strings.ToLower(o.Name) }
	return map[string]func(a, b store.Organization) int{
		"created_at":    byTime(func(o store.Organization) time.Time { return o.CreatedAt }),
		"name":          func(a, b store.Organization) int { return strings.Compare(name(a), name(b)) },
		"members_count": func(a, b store.Organization) int { return cmp.Compare(len(t.orgUsers[a.ID]), len(t.orgUsers[b.ID])) },
	}
}

func (t *tx) PutOrganization(o store.Organization) error {
	if err := t.write(); err != nil {
		return err
	}
	if taken(t.slugs, o.Slug, o.ID) {
		return fmt.Errorf("memstore: put organization: slug: %w", store.ErrConflict)
	}
	o = cloneOrganization(o)
	stamp(&o.CreatedAt, &o.UpdatedAt)
	release(t, t.slugs, t.organizations[o.ID].Slug)
	claim(t, t.slugs, o.Slug, o.ID)
	set(t, t.organizations, o.ID, o)
	return nil
}

func (t *tx) DeleteOrganization(id string) error {
	if err := t.write(); err != nil {
		return err
	}
	o, ok := t.organizations[id]
	if !ok {
		return store.ErrNotFound
	}
	for _, membership := range t.orgUsers[id] {
		t.dropMembership(membership)
	}
	if id != "" { // which stands for none
		for _, invitation := range t.orgInvites[id] {
			t.dropInvitation(invitation)
		}
	}
	release(t, t.slugs, o.Slug)
	unset(t, t.organizations, id)
	return nil
}

func cloneOrganization(o store.Organization) store.Organization {
	o.PublicMetadata = cloneSlice(o.PublicMetadata)
	o.PrivateMetadata = cloneSlice(o.PrivateMetadata)
	return o
}
