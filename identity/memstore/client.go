package memstore

import (
	"fmt"
	"time"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) Client(id string) (store.Client, error) { return get(t.clients, id, cloneClient) }

func (t *tx) PutClient(c store.Client) error {
	if err := t.write(); err != nil {
		return err
	}
	secret := string(c.SecretHash)
	if taken(t.secrets, secret, c.ID) {
		return fmt.Errorf("memstore: put client: secret: %w", store.ErrConflict)
	}
	release(t, t.secrets, string(t.clients[c.ID].SecretHash))
	claim(t, t.secrets, secret, c.ID)
	c = cloneClient(c)
	stamp(&c.CreatedAt, &c.UpdatedAt)
	set(t, t.clients, c.ID, c)
	return nil
}

func (t *tx) DeleteClient(id string) error {
	if err := t.write(); err != nil {
		return err
	}
	c, ok := t.clients[id]
	if !ok {
		return store.ErrNotFound
	}
	for _, session := range t.clientSessions[id] {
		t.dropSession(session)
	}
	dropWhere(t, t.signIns, func(a store.SignIn) bool { return a.ClientID == id })
	dropWhere(t, t.signUps, func(a store.SignUp) bool { return a.ClientID == id })
	release(t, t.secrets, string(c.SecretHash))
	unset(t, t.clients, id)
	return nil
}

// dropIdleClients deletes clients without sessions and attempts that nothing has changed
// since before at.
func (t *tx) dropIdleClients(at time.Time) (n int64) {
	return t.dropClientsWithoutUse(func(c store.Client) bool { return before(c.UpdatedAt, at) })
}

// dropClientsWithoutUse deletes the clients that match and to which no session or attempt
// belongs.
func (t *tx) dropClientsWithoutUse(match func(store.Client) bool) (n int64) {
	inUse := map[string]bool{}
	for _, a := range t.signIns {
		inUse[a.ClientID] = true
	}
	for _, a := range t.signUps {
		inUse[a.ClientID] = true
	}
	for id, c := range t.clients {
		if match(c) && !inUse[id] && len(t.clientSessions[id]) == 0 {
			release(t, t.secrets, string(c.SecretHash))
			unset(t, t.clients, id)
			n++
		}
	}
	return n
}

// dropWhere deletes the values that match and returns how many.
func dropWhere[V any](t *tx, m map[string]V, match func(V) bool) int64 {
	var n int64
	for id, v := range m {
		if match(v) {
			unset(t, m, id)
			n++
		}
	}
	return n
}

func cloneClient(c store.Client) store.Client {
	c.SecretHash = cloneSlice(c.SecretHash)
	return c
}
