package storetest

import (
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

var keyCases = []testCase{
	{"signing keys are listed newest first, ties by kid", func(t *testing.T, s store.Store) {
		wantKeys(t, s)
		at := func(kid string, age time.Duration) store.SigningKey {
			return store.SigningKey{Kid: kid, PKCS8: []byte{0x30, 0, 0xff, kid[0]}, CreatedAt: epoch.Add(-age)}
		}
		mustPut(t, s, at("b", time.Hour), at("c", time.Hour), at("old", 2*time.Hour), at("new", 0), at("a", time.Hour))
		wantKeys(t, s, at("new", 0), at("a", time.Hour), at("b", time.Hour), at("c", time.Hour), at("old", 2*time.Hour))
		mustPut(t, s, at("b", -time.Hour))
		del := func(tx store.Tx) error { return tx.DeleteSigningKey("c") }
		update(t, s, del)
		wantKeys(t, s, at("b", -time.Hour), at("new", 0), at("a", time.Hour), at("old", 2*time.Hour))
		wantError(t, "second DeleteSigningKey", s.Update(t.Context(), del), store.ErrNotFound)
	}},
	{"signing keys are copied in and out", func(t *testing.T, s store.Store) {
		k := filled[store.SigningKey](1, "")
		mustPut(t, s, k)
		k.PKCS8[0] = 'X'
		view(t, s, func(tx store.Tx) error {
			keys, err := tx.SigningKeys()
			if err == nil {
				keys[0].PKCS8[0] = 'X'
			}
			return err
		})
		wantKeys(t, s, filled[store.SigningKey](1, ""))
	}},
	{"a setting is kept, replaced and copied in and out", func(t *testing.T, s store.Store) {
		wantMissing(t, s, store.Tx.Setting, "secret")
		value := []byte{0, 0xff, '\'', 0x80}
		for _, name := range []string{"secret", "Secret", ""} {
			update(t, s, func(tx store.Tx) error { return tx.PutSetting(name, value) })
		}
		update(t, s, func(tx store.Tx) error { return tx.PutSetting("", nil) })
		value[0] = 'X'
		got, _ := read(t, s, store.Tx.Setting, "secret")
		clear(got)
		wantRecord(t, s, store.Tx.Setting, "secret", []byte{0, 0xff, '\'', 0x80})
		wantRecord(t, s, store.Tx.Setting, "Secret", []byte{0, 0xff, '\'', 0x80})
		wantRecord(t, s, store.Tx.Setting, "", []byte{})
		update(t, s, func(tx store.Tx) error { return tx.PutSetting("secret", []byte("2")) })
		wantRecord(t, s, store.Tx.Setting, "secret", []byte("2"))
	}},
}

func wantKeys(t *testing.T, s store.Store, want ...store.SigningKey) {
	t.Helper()
	view(t, s, func(tx store.Tx) error {
		got, err := tx.SigningKeys()
		if d := diff(want, got); d != "" {
			t.Errorf("SigningKeys: (-want +got)\n%s", d)
		}
		return err
	})
}
