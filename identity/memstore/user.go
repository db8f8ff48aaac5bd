package memstore

import (
	"fmt"
	"slices"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) User(id string) (store.User, error) { return get(t.users, id, cloneUser) }

func (t *tx) UserByEmail(normalized string) (store.User, error) {
	id, ok := t.addresses[normalized]
	if !ok {
		return store.User{}, store.ErrNotFound
	}
	return t.User(id)
}

func (t *tx) UserByEmailID(id string) (store.User, error) {
	user, ok := t.addressIDs[id]
	if !ok {
		return store.User{}, store.ErrNotFound
	}
	return t.User(user)
}

func (t *tx) PutUser(u store.User) error {
	if err := t.write(); err != nil {
		return err
	}
	if taken(t.externalIDs, u.ExternalID, u.ID) || taken(t.usernames, u.Username, u.ID) {
		return fmt.Errorf("memstore: put user: external id or user name: %w", store.ErrConflict)
	}
	if err := t.checkAddresses(u); err != nil {
		return err
	}
	u = cloneUser(u)
	stamp(&u.LockedUntil, &u.LegalAcceptedAt, &u.PasswordAt, &u.LastSignInAt, &u.LastActiveAt, &u.CreatedAt, &u.UpdatedAt)
	t.dropNames(t.users[u.ID])
	claim(t, t.externalIDs, u.ExternalID, u.ID)
	claim(t, t.usernames, u.Username, u.ID)
	for i := range u.Emails {
		e := &u.Emails[i]
		stamp(&e.CreatedAt, &e.UpdatedAt)
		set(t, t.addresses, e.Normalized, u.ID)
		set(t, t.addressIDs, e.ID, u.ID)
	}
	set(t, t.users, u.ID, u)
	return nil
}

// checkAddresses looks for a conflict before anything is written, so that a refused
// PutUser leaves nothing behind even if the caller goes on.
func (t *tx) checkAddresses(u store.User) error {
	for i, e := range u.Emails {
		for _, earlier := range u.Emails[:i] {
			if earlier.ID == e.ID || earlier.Normalized == e.Normalized {
				return fmt.Errorf("memstore: put user: address given twice: %w", store.ErrConflict)
			}
		}
		if taken(t.addresses, e.Normalized, u.ID) {
			return fmt.Errorf("memstore: put user: address: %w", store.ErrConflict)
		}
		if taken(t.addressIDs, e.ID, u.ID) {
			return fmt.Errorf("memstore: put user: address id: %w", store.ErrConflict)
		}
	}
	return nil
}

// dropNames frees everything that is unique of a user.
func (t *tx) dropNames(u store.User) {
	release(t, t.externalIDs, u.ExternalID)
	release(t, t.usernames, u.Username)
	for _, e := range u.Emails {
		unset(t, t.addresses, e.Normalized)
		unset(t, t.addressIDs, e.ID)
	}
}

func (t *tx) DeleteUser(id string) error {
	if err := t.write(); err != nil {
		return err
	}
	u, ok := t.users[id]
	if !ok {
		return store.ErrNotFound
	}
	for _, session := range t.userSessions[id] {
		t.dropSession(session)
	}
	for _, membership := range t.userOrgs[id] {
		t.dropMembership(membership)
	}
	t.dropGrants(func(g store.Grant) bool { return g.UserID == id })
	t.dropNames(u)
	t.forgetPlaces(id)
	unset(t, t.users, id)
	return nil
}

// cloneUser copies everything that a caller could change through its copy. What is
// empty becomes nil, as in a store that reads it back from a file.
func cloneUser(u store.User) store.User {
	u.Emails = cloneSlice(u.Emails)
	u.PublicMetadata = cloneSlice(u.PublicMetadata)
	u.PrivateMetadata = cloneSlice(u.PrivateMetadata)
	u.UnsafeMetadata = cloneSlice(u.UnsafeMetadata)
	return u
}

func cloneSlice[S ~[]E, E any](s S) S {
	if len(s) == 0 {
		return nil
	}
	return slices.Clone(s)
}

func same[V any](v V) V { return v }
