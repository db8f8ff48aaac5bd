package e2e

import (
	"os"
	"testing"

	"github.com/usherauth/usher/e2e/internal/drive"
)

func TestMain(m *testing.M) {
	os.Exit(drive.Main(m))
}

// rounds is n, or few with -short.
func rounds(n, few int) int {
	if testing.Short() {
		return few
	}
	return n
}

// server is one data folder and the process that serves it.
type server struct{ *drive.Server }

// newServer returns a server that was not started yet.
func newServer(t testing.TB) *server {
	t.Helper()
	return &server{drive.NewServer(t)}
}

// startServer returns a server that answers, with a data folder of its own.
func startServer(t testing.TB) *server {
	t.Helper()
	s := newServer(t)
	s.Start()
	return s
}

// tab is a page that somebody looks at.
type tab struct{ *drive.Tab }

// newPerson opens a tab in a fresh browser context: somebody at a device of their own.
func (s *server) newPerson(t testing.TB) *tab {
	t.Helper()
	return &tab{drive.NewPerson(t, s.Origin)}
}

// anotherTab opens a second tab beside b: same person, same cookies.
func (b *tab) anotherTab() *tab {
	b.T.Helper()
	return &tab{b.Another()}
}
