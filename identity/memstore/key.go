package memstore

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) SigningKeys() ([]store.SigningKey, error) {
	var keys []store.SigningKey
	for _, k := range t.keys {
		keys = append(keys, cloneKey(k))
	}
	slices.SortFunc(keys, func(a, b store.SigningKey) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(a.Kid, b.Kid))
	})
	return keys, nil
}

func (t *tx) PutSigningKey(k store.SigningKey) error {
	if err := t.write(); err != nil {
		return err
	}
	k = cloneKey(k)
	stamp(&k.CreatedAt)
	set(t, t.keys, k.Kid, k)
	return nil
}

func (t *tx) DeleteSigningKey(kid string) error { return remove(t, t.keys, kid) }

func (t *tx) Setting(name string) ([]byte, error) {
	return get(t.settings, name, cloneSlice[[]byte])
}

func (t *tx) PutSetting(name string, value []byte) error {
	if err := t.write(); err != nil {
		return err
	}
	set(t, t.settings, name, cloneSlice(value))
	return nil
}

func cloneKey(k store.SigningKey) store.SigningKey {
	k.PKCS8 = cloneSlice(k.PKCS8)
	return k
}
