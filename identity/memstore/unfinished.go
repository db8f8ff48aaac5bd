package memstore

import (
	"cmp"
	"slices"
	"time"

	"github.com/usherauth/usher/identity/store"
)

const complete = "complete" // the status of attempts that are finished

func openSignIn(a store.SignIn) bool { return a.Status != complete }
func openSignUp(a store.SignUp) bool { return a.Status != complete }

func openGrant(kind string) func(store.Grant) bool {
	return func(g store.Grant) bool { return g.UserID == "" && g.Kind == kind }
}

func unusedClient(c store.Client) bool { return c.LastActiveSessionID == "" }

func (t *tx) CountUnfinished(grants ...string) (int64, error) {
	n := count(t.signIns, openSignIn) + count(t.signUps, openSignUp)
	n += count(t.clients, func(c store.Client) bool { return unusedClient(c) && len(t.clientSessions[c.ID]) == 0 })
	for _, kind := range grants {
		n += count(t.grants, openGrant(kind))
	}
	return n, nil
}

func (t *tx) DeleteUnfinished(ended time.Time, keep int, grants ...string) (int64, error) {
	if err := t.write(); err != nil {
		return 0, err
	}
	stamp(&ended)
	oldIns := excess(t.signIns, openSignIn, func(a, b store.SignIn) int { return b.CreatedAt.Compare(a.CreatedAt) }, keep)
	n := dropWhere(t, t.signIns, func(a store.SignIn) bool { return openSignIn(a) && (before(a.ExpireAt, ended) || oldIns[a.ID]) })
	oldUps := excess(t.signUps, openSignUp, func(a, b store.SignUp) int { return b.CreatedAt.Compare(a.CreatedAt) }, keep)
	n += dropWhere(t, t.signUps, func(a store.SignUp) bool { return openSignUp(a) && (before(a.ExpireAt, ended) || oldUps[a.ID]) })
	for _, kind := range grants {
		old := excess(t.grants, openGrant(kind), newerGrant, keep)
		n += t.dropGrants(func(g store.Grant) bool { return openGrant(kind)(g) && (before(g.ExpireAt, ended) || old[g.ID]) })
	}
	idle := excess(t.clients, unusedClient, func(a, b store.Client) int { return b.UpdatedAt.Compare(a.UpdatedAt) }, keep)
	return n + t.dropClientsWithoutUse(func(c store.Client) bool { return idle[c.ID] }), nil
}

func count[V any](m map[string]V, match func(V) bool) (n int64) {
	for _, v := range m {
		if match(v) {
			n++
		}
	}
	return n
}

// newerGrant puts those that count the most first, then the newest.
func newerGrant(a, b store.Grant) int {
	return cmp.Or(cmp.Compare(b.Attempts, a.Attempts), b.CreatedAt.Compare(a.CreatedAt))
}

// excess are the ids of the values that match but for those that newer puts first.
func excess[V any](m map[string]V, match func(V) bool, newer func(a, b V) int, keep int) map[string]bool {
	var ids []string
	for id, v := range m {
		if match(v) {
			ids = append(ids, id)
		}
	}
	if len(ids) <= keep {
		return nil
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(newer(m[a], m[b]), cmp.Compare(b, a)) })
	old := map[string]bool{}
	for _, id := range ids[keep:] {
		old[id] = true
	}
	return old
}
