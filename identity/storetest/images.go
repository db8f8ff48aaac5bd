package storetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var imageCases = []testCase{
	{"an image is found by id, every field as it was put", func(t *testing.T, s store.Store) {
		i, changed := filled[store.Image](1, ""), filled[store.Image](2, "")
		mustPut(t, s, i)
		wantRecord(t, s, store.Tx.Image, i.ID, i)
		wantMissing(t, s, store.Tx.Image, changed.ID)
		changed.ID = i.ID
		mustPut(t, s, changed)
		wantRecord(t, s, store.Tx.Image, i.ID, changed)
		bare := store.Image{ID: i.ID}
		mustPut(t, s, bare)
		wantRecord(t, s, store.Tx.Image, i.ID, bare)
	}},
	{"four megabytes of an image are kept", func(t *testing.T, s store.Store) {
		i := filled[store.Image](1, "")
		i.Data = bytes.Repeat([]byte{0, 0xff, '\'', 0x89}, 1<<20)
		mustPut(t, s, i)
		wantRecord(t, s, store.Tx.Image, i.ID, i)
	}},
	{"an image is deleted once, and the others stay", func(t *testing.T, s store.Store) {
		i, stays := filled[store.Image](1, ""), filled[store.Image](2, "")
		mustPut(t, s, i, stays)
		wantDeleted(t, s, func(tx store.Tx) error { return tx.DeleteImage(i.ID) })
		wantMissing(t, s, store.Tx.Image, i.ID)
		wantRecord(t, s, store.Tx.Image, stays.ID, stays)
	}},
	{"an image outlives who shows it", func(t *testing.T, s store.Store) {
		u, i := aUser(1), filled[store.Image](1, "")
		u.ImageID = i.ID
		mustPut(t, s, i, u)
		if err := deleteUser(t, s, u.ID); err != nil {
			t.Fatalf("DeleteUser = %v", err)
		}
		wantRecord(t, s, store.Tx.Image, i.ID, i)
	}},
	{"images that nobody shows are deleted, in parts", deleteUnusedImages},
	{"changing an image after putting or getting it changes nothing stored", func(t *testing.T, s store.Store) {
		i := filled[store.Image](1, "")
		mustPut(t, s, i)
		i.Data[0] = 'X'
		got, _ := read(t, s, store.Tx.Image, i.ID)
		clear(got.Data)
		wantRecord(t, s, store.Tx.Image, i.ID, filled[store.Image](1, ""))
	}},
}

func deleteUnusedImages(t *testing.T, s store.Store) {
	u, o, old := aUser(1), anOrganization(1), epoch.Add(-time.Millisecond)
	u.ImageID, o.ImageID = "img_of_user", "img_of_organization"
	mustPut(t, s, u, o, aUser(2))
	for id, made := range map[string]time.Time{
		u.ImageID: old, o.ImageID: old, "img_at_the_time": epoch, "img_without_time": {},
		"img_1": old, "img_2": old, "img_3": time.Unix(0, 0), "": old,
	} {
		mustPut(t, s, store.Image{ID: id, CreatedAt: made})
	}
	for _, step := range []struct{ limit, want int }{{3, 3}, {0, 1}, {0, 0}} {
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteUnusedImages(epoch, step.limit)
			if n != int64(step.want) {
				t.Errorf("DeleteUnusedImages(limit %d) = %d, want %d", step.limit, n, step.want)
			}
			return err
		})
	}
	for _, id := range []string{u.ImageID, o.ImageID, "img_at_the_time", "img_without_time"} {
		wantThere(t, s, store.Tx.Image, id, true)
	}
	for _, id := range []string{"img_1", "img_2", "img_3"} {
		wantThere(t, s, store.Tx.Image, id, false)
	}
}
