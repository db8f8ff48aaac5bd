package identity_test

import (
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// TestOneSignatureForOneInstant: tabs that renew in one instant get one token, signed
// once; another instant and another session have tokens of their own.
func TestOneSignatureForOneInstant(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	ada, bob := a.visitor(), a.visitor()
	ada.signUp("ada@example.com").want(t, 200, "")
	bob.signUp("bob@example.com").want(t, 200, "")
	renew := func(v *visitor) string {
		return decode[wire.Token](t, v.copy().post("/v1/client/sessions/"+v.sessionID()+"/tokens").body).JWT
	}
	first := renew(ada)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if got := renew(ada); got != first {
				t.Errorf("another token in the same instant")
			}
		})
	}
	wg.Wait()
	if renew(bob) == first {
		t.Error("two sessions share a token")
	}
	a.clock.Add(time.Second)
	if renew(ada) == first {
		t.Error("the token of an instant is handed out a second later")
	}
}
