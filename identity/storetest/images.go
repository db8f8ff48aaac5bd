package storetest

import (
	"bytes"
	"testing"

	"github.com/usherauth/usher/identity"
)

var imageCases = []testCase{
	{"an image is found by id, every field as it was put", func(t *testing.T, s identity.Store) {
		i, changed := filled[identity.Image](1, ""), filled[identity.Image](2, "")
		mustPut(t, s, i)
		wantRecord(t, s, identity.Tx.Image, i.ID, i)
		wantMissing(t, s, identity.Tx.Image, changed.ID)
		changed.ID = i.ID
		mustPut(t, s, changed)
		wantRecord(t, s, identity.Tx.Image, i.ID, changed)
		bare := identity.Image{ID: i.ID}
		mustPut(t, s, bare)
		wantRecord(t, s, identity.Tx.Image, i.ID, bare)
	}},
	{"four megabytes of an image are kept", func(t *testing.T, s identity.Store) {
		i := filled[identity.Image](1, "")
		i.Data = bytes.Repeat([]byte{0, 0xff, '\'', 0x89}, 1<<20)
		mustPut(t, s, i)
		wantRecord(t, s, identity.Tx.Image, i.ID, i)
	}},
	{"an image is deleted once, and the others stay", func(t *testing.T, s identity.Store) {
		i, stays := filled[identity.Image](1, ""), filled[identity.Image](2, "")
		mustPut(t, s, i, stays)
		wantDeleted(t, s, func(tx identity.Tx) error { return tx.DeleteImage(i.ID) })
		wantMissing(t, s, identity.Tx.Image, i.ID)
		wantRecord(t, s, identity.Tx.Image, stays.ID, stays)
	}},
	{"an image outlives who shows it", func(t *testing.T, s identity.Store) {
		u, i := aUser(1), filled[identity.Image](1, "")
		u.ImageID = i.ID
		mustPut(t, s, i, u)
		if err := deleteUser(t, s, u.ID); err != nil {
			t.Fatalf("DeleteUser = %v", err)
		}
		wantRecord(t, s, identity.Tx.Image, i.ID, i)
	}},
	{"changing an image after putting or getting it changes nothing stored", func(t *testing.T, s identity.Store) {
		i := filled[identity.Image](1, "")
		mustPut(t, s, i)
		i.Data[0] = 'X'
		got, _ := read(t, s, identity.Tx.Image, i.ID)
		clear(got.Data)
		wantRecord(t, s, identity.Tx.Image, i.ID, filled[identity.Image](1, ""))
	}},
}
