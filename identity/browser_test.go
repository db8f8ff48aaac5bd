package identity_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// sessionSpy counts the sessions that are read from lists.
type sessionSpy struct {
	identity.Store
	read atomic.Int64
}

type sessionSpyTx struct {
	identity.Tx
	read *atomic.Int64
}

func (s *sessionSpy) View(ctx context.Context, fn func(identity.Tx) error) error {
	return s.Store.View(ctx, func(tx identity.Tx) error { return fn(sessionSpyTx{tx, &s.read}) })
}

func (t sessionSpyTx) Sessions(q identity.SessionQuery) ([]identity.Session, error) {
	list, err := t.Tx.Sessions(q)
	t.read.Add(int64(len(list)))
	return list, err
}

// A browser that was signed out of a thousand times is as fast as a new one.
func TestEndedSessionsAreNotRead(t *testing.T) {
	t.Parallel()
	var spy *sessionSpy
	app := newApp(t, func(c *identity.Config) { spy = &sessionSpy{Store: c.Store}; c.Store = spy })
	app.person(t, "ada@example.com")
	v := app.visitor()
	for range 10 {
		v.enter("ada@example.com")
		v.post("/v1/client/sessions/"+v.sessionID()+"/end").want(t, 200, "")
	}
	v.enter("ada@example.com")
	spy.read.Store(0)
	for _, path := range []string{"/v1/client", "/v1/me/sessions/active"} {
		v.get(path).want(t, 200, "")
		if n := spy.read.Swap(0); n < 1 || n > 2 {
			t.Errorf("%s reads %d sessions", path, n)
		}
	}
	if list := decode[[]wire.Session](t, v.get("/v1/me/sessions").body); len(list) != 11 {
		t.Errorf("%d sessions are listed, want the ended ones too", len(list))
	}
}
