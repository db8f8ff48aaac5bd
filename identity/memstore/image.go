package memstore

import "github.com/usherauth/usher/identity"

func (t *tx) Image(id string) (identity.Image, error) { return get(t.images, id, cloneImage) }

func (t *tx) PutImage(i identity.Image) error {
	if err := t.write(); err != nil {
		return err
	}
	i = cloneImage(i)
	stamp(&i.CreatedAt)
	set(t, t.images, i.ID, i)
	return nil
}

func (t *tx) DeleteImage(id string) error { return remove(t, t.images, id) }

func cloneImage(i identity.Image) identity.Image {
	i.Data = cloneSlice(i.Data)
	return i
}
