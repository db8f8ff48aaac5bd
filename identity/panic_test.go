package identity_test

import (
	"context"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// panicStore panics in reads when told to.
type panicStore struct {
	identity.Store
	armed bool
}

func (s *panicStore) View(ctx context.Context, fn func(identity.Tx) error) error {
	if s.armed {
		panic("the inside of the store")
	}
	return s.Store.View(ctx, fn)
}

// S08: a panic is a plain 500 with a trace id, logged with where it happened; the next
// request is served.
func TestS08_Panic(t *testing.T) {
	t.Parallel()
	var store *panicStore
	app := newApp(t, func(c *identity.Config) { store = &panicStore{Store: c.Store}; c.Store = store })
	v := app.visitor()
	v.signUp("ada@example.com")
	store.armed = true
	for _, a := range []answer{v.get("/v1/client"), app.backend("GET", "/v1/users", "")} {
		a.want(t, 500, wire.CodeInternal)
		if strings.Contains(a.body, "inside") || strings.Contains(a.body, ".go") || len(a.Cookies()) != 0 {
			t.Errorf("answer = %s, cookies %v", a.body, a.Cookies())
		}
		if !strings.Contains(app.logs.String(), a.Header.Get("Clerk-Trace-Id")) {
			t.Error("the panic is not logged with the trace id")
		}
	}
	store.armed = false
	v.get("/v1/client").want(t, 200, "")
}
