package memstore

import (
	"cmp"
	"slices"
	"time"

	"github.com/usherauth/usher/identity"
)

const complete = "complete" // the status of attempts that are finished

func openSignIn(a identity.SignIn) bool { return a.Status != complete }
func openSignUp(a identity.SignUp) bool { return a.Status != complete }

func openGrant(kind string) func(identity.Grant) bool {
	return func(g identity.Grant) bool { return g.UserID == "" && g.Kind == kind }
}

func unusedClient(c identity.Client) bool { return c.LastActiveSessionID == "" }

func (t *tx) CountUnfinished(grants ...string) (int64, error) {
	n := count(t.signIns, openSignIn) + count(t.signUps, openSignUp)
	n += count(t.clients, func(c identity.Client) bool { return unusedClient(c) && len(t.clientSessions[c.ID]) == 0 })
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
	oldIns := excess(t.signIns, openSignIn, func(a, b identity.SignIn) int { return b.CreatedAt.Compare(a.CreatedAt) }, keep)
	n := dropWhere(t, t.signIns, func(a identity.SignIn) bool { return openSignIn(a) && (before(a.ExpireAt, ended) || oldIns[a.ID]) })
	oldUps := excess(t.signUps, openSignUp, func(a, b identity.SignUp) int { return b.CreatedAt.Compare(a.CreatedAt) }, keep)
	n += dropWhere(t, t.signUps, func(a identity.SignUp) bool { return openSignUp(a) && (before(a.ExpireAt, ended) || oldUps[a.ID]) })
	for _, kind := range grants {
		old := excess(t.grants, openGrant(kind), newerGrant, keep)
		n += t.dropGrants(func(g identity.Grant) bool { return openGrant(kind)(g) && (before(g.ExpireAt, ended) || old[g.ID]) })
	}
	idle := excess(t.clients, unusedClient, func(a, b identity.Client) int { return b.UpdatedAt.Compare(a.UpdatedAt) }, keep)
	return n + t.dropClientsWithoutUse(func(c identity.Client) bool { return idle[c.ID] }), nil
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
func newerGrant(a, b identity.Grant) int {
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
