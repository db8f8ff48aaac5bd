package memstore

import (
	"fmt"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) Grant(id string) (store.Grant, error) { return get(t.grants, id, cloneGrant) }

func (t *tx) GrantBySecret(hash []byte) (store.Grant, error) {
	id, ok := t.grantSecrets[string(hash)]
	if !ok {
		return store.Grant{}, store.ErrNotFound
	}
	return t.Grant(id)
}

func (t *tx) PutGrant(g store.Grant) error {
	if err := t.write(); err != nil {
		return err
	}
	secret := string(g.SecretHash)
	if taken(t.grantSecrets, secret, g.ID) {
		return fmt.Errorf("memstore: put grant: secret: %w", store.ErrConflict)
	}
	if _, ok := t.users[g.UserID]; !ok && g.UserID != "" {
		return fmt.Errorf("memstore: put grant: user: %w", store.ErrNotFound)
	}
	release(t, t.grantSecrets, string(t.grants[g.ID].SecretHash))
	claim(t, t.grantSecrets, secret, g.ID)
	g = cloneGrant(g)
	stamp(&g.ExpireAt, &g.CreatedAt, &g.UpdatedAt)
	set(t, t.grants, g.ID, g)
	return nil
}

func (t *tx) DeleteGrant(id string) error {
	if err := t.write(); err != nil {
		return err
	}
	if t.dropGrants(func(g store.Grant) bool { return g.ID == id }) == 0 {
		return store.ErrNotFound
	}
	return nil
}

// dropGrants deletes the grants that match and returns how many.
func (t *tx) dropGrants(match func(store.Grant) bool) int64 {
	return dropWhere(t, t.grants, func(g store.Grant) bool {
		gone := match(g)
		if gone {
			release(t, t.grantSecrets, string(g.SecretHash))
		}
		return gone
	})
}

func cloneGrant(g store.Grant) store.Grant {
	g.SecretHash = cloneSlice(g.SecretHash)
	g.Data = cloneSlice(g.Data)
	return g
}
