package storetest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var userCases = []testCase{
	{"a user is found by id and by each address, every field as it was put", func(t *testing.T, s store.Store) {
		u := aUser(1)
		mustPut(t, s, u, aUser(2))
		wantRecord(t, s, store.Tx.User, u.ID, u)
		for _, e := range u.Emails {
			wantRecord(t, s, store.Tx.UserByEmail, e.Normalized, u)
			wantRecord(t, s, store.Tx.UserByEmailID, e.ID, u)
		}
	}},
	{"a user with nothing but an id is kept so", func(t *testing.T, s store.Store) {
		u := store.User{ID: "user_bare"}
		mustPut(t, s, u)
		wantRecord(t, s, store.Tx.User, u.ID, u)
	}},
	{"who is not there is not found", func(t *testing.T, s store.Store) {
		u := aUser(1)
		mustPut(t, s, u)
		wantMissing(t, s, store.Tx.User, "user_nobody")
		wantMissing(t, s, store.Tx.UserByEmail, u.ID)
		wantMissing(t, s, store.Tx.UserByEmailID, u.ID)
		wantMissing(t, s, store.Tx.UserByEmailID, "")
		wantMissing(t, s, store.Tx.User, u.Emails[0].ID)
		wantError(t, "DeleteUser", deleteUser(t, s, "user_nobody"), store.ErrNotFound)
	}},
	{"putting again replaces every field", func(t *testing.T, s store.Store) {
		before, after := aUser(1), aUser(2)
		after.ID = before.ID
		mustPut(t, s, before)
		mustPut(t, s, after)
		wantRecord(t, s, store.Tx.User, before.ID, after)
		bare := store.User{ID: before.ID}
		mustPut(t, s, bare)
		wantRecord(t, s, store.Tx.User, before.ID, bare)
	}},
	{"times become UTC milliseconds", timesAreNormalized},
	{"times of every record become UTC milliseconds", func(t *testing.T, s store.Store) {
		r := allFilled(1, "")
		for _, record := range r.all() {
			v := reflect.New(reflect.TypeOf(record)).Elem()
			v.Set(reflect.ValueOf(record))
			blurTimes(v)
			mustPut(t, s, v.Interface())
		}
		update(t, s, func(tx store.Tx) error { return tx.PutSetting(r.name, []byte(r.name)) })
		fresh := allFilled(1, "")
		fresh.check(t, s)
		wantKeys(t, s, fresh.key)
	}},
	{"changing a record after putting or getting it changes nothing stored", copiesInAndOut},
	{"deleting a user deletes the addresses and sessions, not the clients", deleteCascades},
	{"names need not be unique", func(t *testing.T, s store.Store) {
		a, b := aUser(1), aUser(2)
		b.FirstName, b.LastName, b.PrimaryEmailID = a.FirstName, a.LastName, a.PrimaryEmailID
		mustPut(t, s, a, b)
		wantRecord(t, s, store.Tx.User, b.ID, b)
	}},
	{"a megabyte of metadata is kept", func(t *testing.T, s store.Store) {
		u := aUser(1)
		u.PrivateMetadata = fmt.Appendf(nil, "%q", strings.Repeat("é", 1<<19))
		mustPut(t, s, u)
		wantRecord(t, s, store.Tx.User, u.ID, u)
	}},
}

func deleteUser(t *testing.T, s store.Store, id string) error {
	return s.Update(t.Context(), func(tx store.Tx) error { return tx.DeleteUser(id) })
}

// blurTimes gives every time in a record another zone and nanoseconds.
func blurTimes(v reflect.Value) {
	if at, ok := v.Interface().(time.Time); ok {
		v.Set(reflect.ValueOf(at.Add(999_999).In(time.FixedZone("west", -7*3600))))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			blurTimes(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			blurTimes(v.Index(i))
		}
	default: // holds no times
	}
}

func timesAreNormalized(t *testing.T, s store.Store) {
	zone := time.FixedZone("east", 5*3600+1800)
	tests := []struct {
		name      string
		put, want time.Time
	}{
		{"another zone", epoch.In(zone), epoch},
		{"nanoseconds", epoch.Add(999_999), epoch},
		{"zero", time.Time{}, time.Time{}},
		{"the Unix epoch", time.Unix(0, 0), time.Unix(0, 0).UTC()},
		{"before the Unix epoch", time.Unix(-1, 1), time.Unix(-1, 0).UTC()},
		{"far ahead", time.Date(9999, 12, 31, 23, 59, 59, 999e6, zone), time.Date(9999, 12, 31, 23, 59, 59, 999e6, zone).UTC()},
	}
	for i, tt := range tests {
		u := aUser(i)
		u.LastSignInAt, u.Emails[1].UpdatedAt = tt.put, tt.put
		mustPut(t, s, u)
		u.LastSignInAt, u.Emails[1].UpdatedAt = tt.want, tt.want
		wantRecord(t, s, store.Tx.User, u.ID, u)
		if got, _ := read(t, s, store.Tx.User, u.ID); got.LastSignInAt.IsZero() != tt.want.IsZero() {
			t.Errorf("%s: IsZero = %v", tt.name, got.LastSignInAt.IsZero())
		}
	}
}

func copiesInAndOut(t *testing.T, s store.Store) {
	spoil := func(u store.User, c store.Client) {
		u.Emails[0].Normalized = "spoiled"
		u.PublicMetadata[0], u.PrivateMetadata[0], u.UnsafeMetadata[0] = 'X', 'X', 'X'
		c.SecretHash[0] = 'X'
	}
	u, c := aUser(1), aClient(1)
	mustPut(t, s, u, c)
	spoil(u, c)
	wantRecord(t, s, store.Tx.User, u.ID, aUser(1))
	for range 2 {
		update(t, s, func(tx store.Tx) error {
			byID, _ := tx.User(u.ID)
			byEmail, _ := tx.UserByEmail(aUser(1).Emails[0].Normalized)
			listed, _ := tx.Users(store.UserQuery{})
			for _, u := range []store.User{byID, byEmail, listed[0]} {
				c, _ := tx.Client(c.ID)
				spoil(u, c)
			}
			return nil
		})
		wantRecord(t, s, store.Tx.User, u.ID, aUser(1))
		wantRecord(t, s, store.Tx.Client, c.ID, aClient(1))
	}
}

func deleteCascades(t *testing.T, s store.Store) {
	gone, stays, c := aUser(1), aUser(2), aClient(1)
	theirs, others := aSession(1, gone, c), aSession(2, stays, c)
	mustPut(t, s, gone, stays, c, theirs, others)
	if err := deleteUser(t, s, gone.ID); err != nil {
		t.Fatalf("DeleteUser = %v", err)
	}
	wantMissing(t, s, store.Tx.User, gone.ID)
	wantMissing(t, s, store.Tx.UserByEmail, gone.Emails[2].Normalized)
	wantMissing(t, s, store.Tx.Session, theirs.ID)
	wantSessions(t, s, store.SessionQuery{ClientID: c.ID}, others)
	wantSessions(t, s, store.SessionQuery{UserID: gone.ID})
	wantRecord(t, s, store.Tx.Client, c.ID, c)
	wantRecord(t, s, store.Tx.User, stays.ID, stays)
	stays.Emails = append(stays.Emails, gone.Emails[0])
	mustPut(t, s, stays) // the address is free again
}
