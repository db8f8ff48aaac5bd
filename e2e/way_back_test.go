package e2e

import (
	"testing"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// TestTheWayBackInTheFragment: clients of the instance in other apps lead to the sign-in page
// with the way back where only scripts see it, and people get there.
func TestTheWayBackInTheFragment(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.signUp(ada)
	b.signOut()
	b.Open("/sign-in#/?redirect_url=%2Fexample")
	drive.Eventually(t, drive.StartLimit, "the way back is in the query", func() bool {
		return drive.Evaluate[string](b.Tab, "location.search + location.hash") == "?redirect_url=%2Fexample"
	})
	b.signIn(ada)
	if got := b.Path(); got != "/example" {
		t.Errorf("signing in leads to %s", got)
	}
}
