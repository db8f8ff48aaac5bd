package memstore

import (
	"time"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) Image(id string) (store.Image, error) { return get(t.images, id, cloneImage) }

func (t *tx) PutImage(i store.Image) error {
	if err := t.write(); err != nil {
		return err
	}
	i = cloneImage(i)
	stamp(&i.CreatedAt)
	set(t, t.images, i.ID, i)
	return nil
}

func (t *tx) DeleteImage(id string) error { return remove(t, t.images, id) }

func (t *tx) DeleteUnusedImages(end time.Time, limit int) (int64, error) {
	if err := t.write(); err != nil {
		return 0, err
	}
	stamp(&end)
	shown := map[string]bool{}
	for _, u := range t.users {
		shown[u.ImageID] = true
	}
	for _, o := range t.organizations {
		shown[o.ImageID] = true
	}
	unused := page(where(t.images, func(i store.Image) bool { return !shown[i.ID] && before(i.CreatedAt, end) }), limit, 0)
	for _, i := range unused {
		unset(t, t.images, i.ID)
	}
	return int64(len(unused)), nil
}

func cloneImage(i store.Image) store.Image {
	i.Data = cloneSlice(i.Data)
	return i
}
