package identity_test

import (
	"encoding/json"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func encodeJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// user makes a person through the Backend API.
func (a *app) user(t *testing.T, fields map[string]any) wire.User {
	t.Helper()
	got := a.backend("POST", "/v1/users", encodeJSON(t, fields))
	got.want(t, 200, "")
	return decode[wire.User](t, got.body)
}

// person is a user with an address and the password of the tests.
func (a *app) person(t *testing.T, address string) wire.User {
	t.Helper()
	return a.user(t, map[string]any{"email_address": []string{address}, "password": password})
}

// stored is a user as the store has it.
func (a *app) stored(t *testing.T, id string) (u identity.User) {
	t.Helper()
	err := a.store.View(t.Context(), func(tx identity.Tx) (err error) {
		u, err = tx.User(id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// enter signs a visitor in with the password of the tests.
func (v *visitor) enter(address string) answer {
	v.t.Helper()
	a := v.post("/v1/client/sign_ins", "identifier", address, "password", password)
	a.want(v.t, 200, "")
	return a
}
