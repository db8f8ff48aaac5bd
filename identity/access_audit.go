package identity

import "slices"

// noteAccess writes down what differs between two documents.
func (s *Service) noteAccess(tx Tx, old, changed Access) error {
	sameItem := func(a, b AccessItem) bool { return a == b }
	keyOf := func(i AccessItem) string { return i.Key }
	for _, d := range slices.Concat(
		differences("permission", old.Permissions, changed.Permissions, keyOf, sameItem),
		differences("role", old.Roles, changed.Roles, func(r AccessRole) string { return r.Key }, AccessRole.equal),
		differences("feature", old.Features, changed.Features, keyOf, sameItem),
		differences("plan", old.Plans, changed.Plans, func(p AccessPlan) string { return p.Key }, AccessPlan.equal),
	) {
		if err := s.note(tx, d.kind+"."+d.verb, d.kind, d.key); err != nil {
			return err
		}
	}
	return nil
}

// difference is one entry that was created, updated or deleted.
type difference struct{ kind, verb, key string }

func differences[T any](kind string, old, changed []T, key func(T) string, same func(a, b T) bool) (all []difference) {
	index := func(in []T, k string) int { return slices.IndexFunc(in, func(v T) bool { return key(v) == k }) }
	for _, v := range changed {
		if i := index(old, key(v)); i < 0 {
			all = append(all, difference{kind, "created", key(v)})
		} else if !same(old[i], v) {
			all = append(all, difference{kind, "updated", key(v)})
		}
	}
	for _, v := range old {
		if index(changed, key(v)) < 0 {
			all = append(all, difference{kind, "deleted", key(v)})
		}
	}
	return all
}

func (r AccessRole) equal(o AccessRole) bool {
	return r.Key == o.Key && r.Name == o.Name && r.Description == o.Description && slices.Equal(r.Permissions, o.Permissions)
}

func (p AccessPlan) equal(o AccessPlan) bool {
	return p.Key == o.Key && p.Name == o.Name && p.For == o.For && slices.Equal(p.Features, o.Features)
}
