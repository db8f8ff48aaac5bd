package memstore

import (
	"slices"
	"time"

	"github.com/usherauth/usher/identity/store"
)

// records holds everything by id, and the indexes. Values in the maps are never
// changed in place: a write replaces them, so the undo journal can keep the old one.
type records struct {
	users         map[string]store.User
	clients       map[string]store.Client
	sessions      map[string]store.Session
	signIns       map[string]store.SignIn
	signUps       map[string]store.SignUp
	organizations map[string]store.Organization
	memberships   map[string]store.Membership
	invitations   map[string]store.Invitation
	grants        map[string]store.Grant
	images        map[string]store.Image
	events        map[string]recorded
	keys          map[string]store.SigningKey
	settings      map[string][]byte
	lastSeq       uint64 // of the events recorded so far

	addresses      map[string]string   // normalized address → user id
	addressIDs     map[string]string   // address id → user id
	externalIDs    map[string]string   // external id → user id
	usernames      map[string]string   // user name → user id
	secrets        map[string]string   // secret hash → client id
	grantSecrets   map[string]string   // secret hash → grant id
	slugs          map[string]string   // slug → organization id
	members        map[member]string   // → membership id
	userSessions   map[string][]string // user id → session ids
	clientSessions map[string][]string // client id → session ids
	userOrgs       map[string][]string // user id → membership ids
	orgUsers       map[string][]string // organization id → membership ids
	orgInvites     map[string][]string // organization id, "" for none → invitation ids
	emailInvites   map[string][]string // normalized address → invitation ids
	orgPending     map[string][]int64  // organization id → when its pending invitations expire, in order
}

// member is what a membership is looked up by.
type member struct{ org, user string }

func newRecords() *records {
	return &records{
		users:          map[string]store.User{},
		clients:        map[string]store.Client{},
		sessions:       map[string]store.Session{},
		signIns:        map[string]store.SignIn{},
		signUps:        map[string]store.SignUp{},
		organizations:  map[string]store.Organization{},
		memberships:    map[string]store.Membership{},
		invitations:    map[string]store.Invitation{},
		grants:         map[string]store.Grant{},
		images:         map[string]store.Image{},
		events:         map[string]recorded{},
		keys:           map[string]store.SigningKey{},
		settings:       map[string][]byte{},
		addresses:      map[string]string{},
		addressIDs:     map[string]string{},
		externalIDs:    map[string]string{},
		usernames:      map[string]string{},
		secrets:        map[string]string{},
		grantSecrets:   map[string]string{},
		slugs:          map[string]string{},
		members:        map[member]string{},
		userSessions:   map[string][]string{},
		clientSessions: map[string][]string{},
		userOrgs:       map[string][]string{},
		orgUsers:       map[string][]string{},
		orgInvites:     map[string][]string{},
		emailInvites:   map[string][]string{},
		orgPending:     map[string][]int64{},
	}
}

// tx implements store.Tx on the live records. Each write first appends its
// reversal to undo.
type tx struct {
	*records
	writable bool
	undo     []func()
}

func (t *tx) write() error {
	if !t.writable {
		return errReadOnly
	}
	return nil
}

func (t *tx) rollback() {
	for _, undo := range slices.Backward(t.undo) {
		undo()
	}
}

// set is m[key] = value with a journal entry.
func set[K comparable, V any](t *tx, m map[K]V, key K, value V) {
	t.journal(restore(m, key))
	m[key] = value
}

// unset is delete(m, key) with a journal entry.
func unset[K comparable, V any](t *tx, m map[K]V, key K) {
	t.journal(restore(m, key))
	delete(m, key)
}

func (t *tx) journal(undo func()) { t.undo = append(t.undo, undo) }

func restore[K comparable, V any](m map[K]V, key K) func() {
	old, had := m[key]
	return func() {
		if had {
			m[key] = old
		} else {
			delete(m, key)
		}
	}
}

// link adds id to the list at key; the list itself is copied, for the journal's sake.
func link(t *tx, m map[string][]string, key, id string) {
	set(t, m, key, append(slices.Clip(m[key]), id))
}

func unlink(t *tx, m map[string][]string, key, id string) {
	rest := slices.DeleteFunc(slices.Clone(m[key]), func(s string) bool { return s == id })
	if len(rest) == 0 {
		unset(t, m, key)
		return
	}
	set(t, m, key, rest)
}

// linked are the ids in the lists of several keys.
func linked(m map[string][]string, keys []string) (ids []string) {
	seen := make(map[string]bool, len(keys))
	for _, key := range keys {
		if !seen[key] {
			ids = append(ids, m[key]...)
		}
		seen[key] = true
	}
	return ids
}

// claim writes down that id holds a unique value, where "" is held by nobody.
func claim(t *tx, m map[string]string, value, id string) {
	if value != "" {
		set(t, m, value, id)
	}
}

// release is the reverse of claim.
func release(t *tx, m map[string]string, value string) {
	if value != "" {
		unset(t, m, value)
	}
}

// taken reports whether another record than id holds a unique value.
func taken(m map[string]string, value, id string) bool {
	owner, ok := m[value]
	return ok && owner != id
}

// remove deletes a record that nothing hangs on.
func remove[V any](t *tx, m map[string]V, id string) error {
	if err := t.write(); err != nil {
		return err
	}
	if _, ok := m[id]; !ok {
		return store.ErrNotFound
	}
	unset(t, m, id)
	return nil
}

func get[V any](m map[string]V, key string, clone func(V) V) (V, error) {
	v, ok := m[key]
	if !ok {
		var none V
		return none, store.ErrNotFound
	}
	return clone(v), nil
}

// stamp gives a time the form in which it is kept: UTC, milliseconds. The zero time
// stays the zero time.
func stamp(times ...*time.Time) {
	for _, t := range times {
		*t = time.UnixMilli(t.UnixMilli()).UTC()
	}
}

// before reports whether end is set and has passed at t.
func before(end, t time.Time) bool { return !end.IsZero() && end.Before(t) }
