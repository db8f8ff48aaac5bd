package memstore

import (
	"slices"
	"time"

	"github.com/usherauth/usher/identity"
)

// records holds everything by id, and the indexes. Values in the maps are never
// changed in place: a write replaces them, so the undo journal can keep the old one.
type records struct {
	users    map[string]identity.User
	clients  map[string]identity.Client
	sessions map[string]identity.Session
	signIns  map[string]identity.SignIn
	signUps  map[string]identity.SignUp
	keys     map[string]identity.SigningKey
	settings map[string][]byte

	addresses      map[string]string   // normalized address → user id
	addressIDs     map[string]string   // address id → user id
	secrets        map[string]string   // secret hash → client id
	userSessions   map[string][]string // user id → session ids
	clientSessions map[string][]string // client id → session ids
}

func newRecords() *records {
	return &records{
		users:          map[string]identity.User{},
		clients:        map[string]identity.Client{},
		sessions:       map[string]identity.Session{},
		signIns:        map[string]identity.SignIn{},
		signUps:        map[string]identity.SignUp{},
		keys:           map[string]identity.SigningKey{},
		settings:       map[string][]byte{},
		addresses:      map[string]string{},
		addressIDs:     map[string]string{},
		secrets:        map[string]string{},
		userSessions:   map[string][]string{},
		clientSessions: map[string][]string{},
	}
}

// tx implements identity.Tx on the live records. Each write first appends its
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
func set[V any](t *tx, m map[string]V, key string, value V) {
	t.journal(restore(m, key))
	m[key] = value
}

// unset is delete(m, key) with a journal entry.
func unset[V any](t *tx, m map[string]V, key string) {
	t.journal(restore(m, key))
	delete(m, key)
}

func (t *tx) journal(undo func()) { t.undo = append(t.undo, undo) }

func restore[V any](m map[string]V, key string) func() {
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

func get[V any](m map[string]V, key string, clone func(V) V) (V, error) {
	v, ok := m[key]
	if !ok {
		var none V
		return none, identity.ErrNotFound
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
