package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// statusOf is what pages answer that are not for everybody.
func statusOf(path string, in bool) int64 {
	switch {
	case path == "/not-there":
		return http.StatusNotFound
	case path == "/admin" && in:
		return http.StatusForbidden
	}
	return http.StatusOK
}

// Every page runs under the content security policy without a complaint: tabs fail their
// test for anything in the console.
func TestNoPageComplains(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	visitAll := func(in bool) {
		for _, path := range pagesOfPeople {
			want := statusOf(path, in)
			if want != http.StatusOK {
				b.Tolerate("Failed to load resource: the server responded with a status of")
			}
			if got := b.Open(path); got != want {
				t.Errorf("%s answers %d, want %d (signed in: %v)", path, got, want, in)
			}
			b.WantText("body", "Usher")
		}
	}
	visitAll(false)
	b.signUp(ada)
	visitAll(true)
}

// If a page ever failed to escape something, the policy would still keep scripts in it
// from running; and scripts of the page cannot turn text into markup.
func TestX05_X06_InjectedScriptsDoNotRun(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.signUp(ada)
	b.Tolerate("Content Security Policy")
	b.Tolerate("TrustedScript")
	b.Tolerate("TrustedHTML")
	stop := b.inject(`<script>window.ran = "script"</script><script src="data:text/javascript,window.ran='data'"></script>` +
		`<img id="injected" src="data:," onerror="window.ran = 'handler'"><base href="https://elsewhere.example/">`)
	defer stop()
	b.Open("/example")
	time.Sleep(500 * time.Millisecond)
	if !drive.Evaluate[bool](b.Tab, `document.getElementById("injected") !== null`) {
		t.Fatal("nothing was injected, so nothing was tested")
	}
	if ran := drive.Evaluate[string](b.Tab, `String(window.ran)`); ran != "undefined" {
		t.Errorf("an injected %s ran", ran)
	}
	if base := drive.Evaluate[string](b.Tab, `document.baseURI`); !strings.HasPrefix(base, s.Origin) {
		t.Errorf("an injected base made %s the base of addresses", base)
	}
	refused := drive.Evaluate[string](b.Tab, `(() => { try { document.body.innerHTML = "<b>x</b>"; return "" } catch (error) { return error.name } })()`)
	if refused != "TypeError" {
		t.Errorf("text became markup without a trusted type (%q)", refused)
	}
	if heard := b.Heard(); !strings.Contains(heard, "Content Security Policy") {
		t.Errorf("the browser's refusals were not heard, so other tests would miss them: %q", heard)
	}
}
