package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// recorder notes what can be read in each frame of a page, from the first one on, and
// what scripts change in its main part once it has been parsed. Callbacks of
// requestAnimationFrame run right before the browser paints, and only then.
const recorder = `(() => {
	if (window !== top) return
	const frames = [], changes = []
	window.__seen = { frames, changes }
	const frame = () => {
		const main = document.querySelector("main .live") // beside it is the source of the page
		if (main) {
			const text = main.innerText
			if (text !== frames.at(-1)?.text) frames.push({ text, whole: document.querySelector("footer") !== null })
		}
		requestAnimationFrame(frame)
	}
	requestAnimationFrame(frame)
	const describe = (r) => r.type + " of " + (r.target.outerHTML ?? r.target.data).slice(0, 200)
	document.addEventListener("readystatechange", () => {
		if (document.readyState !== "interactive") return
		new MutationObserver((records) => changes.push(...records.map(describe)))
			.observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true, attributes: true })
	})
})()`

// seen is what the recorder wrote down.
type seen struct {
	Frames []struct {
		Text  string
		Whole bool
	}
	Changes []string
}

func (b *tab) record() {
	b.T.Helper()
	drive.Command(b.Tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: recorder})
}

// watch loads a page and returns what was on the screen until the scripts have settled.
func (b *tab) watch(path string) seen {
	b.T.Helper()
	b.Open(path)
	time.Sleep(time.Second)
	return drive.Decoded[seen](b.Tab, drive.Evaluate[string](b.Tab, `JSON.stringify(window.__seen)`))
}

// statefulPages are the pages whose text depends on who is signed in, with a text of the
// state in question.
func statefulPages(in bool, p person, user string) map[string]string {
	if !in {
		return map[string]string{
			"/welcome":     "Sign in to view this page",
			"/example":     "Nobody is signed in",
			"/client/auth": "Nobody is signed in.",
			"/client/user": "Sign in to view this page",
		}
	}
	return map[string]string{
		"/welcome":     "Welcome, " + p.First + "!",
		"/example":     "The script says: Hello, " + p.First,
		"/client/auth": "Hello, " + user,
		"/client/user": "Hello, " + p.First + "!",
	}
}

// wrongTexts are those of every other state.
func wrongTexts(in bool, p person) []string {
	if in {
		return []string{"Loading", "Nobody is signed in", "Sign in to view this page", "undefined"}
	}
	return []string{"Loading", "Hello,", "Welcome,", p.First, "undefined"}
}

func TestNothingFlashes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.record()
	t.Run("signed out", func(t *testing.T) { b.wantNoFlash(t, false, ada, "") })
	b.signUp(ada)
	user := b.sessionClaims().Subject
	t.Run("signed in", func(t *testing.T) { b.wantNoFlash(t, true, ada, user) })
	b.DropSession()
	t.Run("back after the token has expired", func(t *testing.T) { b.wantNoFlash(t, true, ada, user) })
}

func (b *tab) wantNoFlash(t *testing.T, in bool, p person, user string) {
	t.Helper()
	for path, want := range statefulPages(in, p, user) {
		saw := b.watch(path)
		if err := saw.check(want, wrongTexts(in, p)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if len(saw.Changes) > 0 {
			t.Errorf("%s: scripts changed what the server had rendered: %s", path, strings.Join(saw.Changes, "\n"))
		}
	}
}

// check says what was wrong on the screen: the first whole frame must have the state, and
// no frame may show another one.
func (s seen) check(want string, wrong []string) error {
	whole := false
	for i, frame := range s.Frames {
		for _, text := range wrong {
			if strings.Contains(frame.Text, text) {
				return fmt.Errorf("frame %d of %d shows %q:\n%s", i, len(s.Frames), text, frame.Text)
			}
		}
		whole = whole || frame.Whole
		if frame.Whole && !strings.Contains(frame.Text, want) {
			return fmt.Errorf("frame %d of %d does not show %q:\n%s", i, len(s.Frames), want, frame.Text)
		}
	}
	if !whole {
		return fmt.Errorf("no whole frame among %d", len(s.Frames))
	}
	return nil
}

// A page that carries no props begins with "Loading…" and says so on the server; the
// recorder has to see that, or it could not see a flash either.
func TestAPageWithoutPropsLoadsByItself(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.signUp(ada)
	b.record()
	user := b.sessionClaims().Subject
	for path, want := range map[string]string{"/client/auth?props=off": "Hello, " + user, "/client/user?props=off": "Hello, Ada!"} {
		painted := make(chan struct{}) // until then the store gets no answer
		stop := b.intercept(func(r request) bool {
			if strings.HasPrefix(r.path, "/__clerk/") {
				<-painted
			}
			return true
		})
		b.Open(path)
		drive.Eventually(t, 10*time.Second, "a frame shows that the store is loading", func() bool {
			return drive.Evaluate[bool](b.Tab, `window.__seen.frames.some(({ text }) => text.includes("Loading"))`)
		})
		close(painted)
		b.WantText("main .live", want)
		stop()
		saw := drive.Decoded[seen](b.Tab, drive.Evaluate[string](b.Tab, `JSON.stringify(window.__seen)`))
		if saw.check(want, []string{"Loading"}) == nil || len(saw.Changes) == 0 {
			t.Errorf("%s: the recorder would miss a flash: %+v", path, saw)
		}
	}
}

func TestPagesAreRightWhenTheNetworkEndsWithTheDocument(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.Tolerate("net::ERR_BLOCKED_BY_CLIENT")
	b.Tolerate("net::ERR_FAILED")
	b.record()
	b.signUp(ada)
	user := b.sessionClaims().Subject
	for _, level := range []struct {
		name  string
		allow func(request) bool
	}{
		{"static files arrive", func(r request) bool { return r.document() || r.static() }},
		{"styles arrive, scripts do not", func(r request) bool { return r.document() || r.static() && !r.script() }},
		{"nothing arrives", request.document},
	} {
		t.Run(level.name, func(t *testing.T) {
			stop := b.intercept(level.allow)
			defer stop()
			b.wantNoFlash(t, true, ada, user)
		})
	}
	t.Run("scripts are disabled as well", func(t *testing.T) {
		drive.Command(b.Tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		stop := b.intercept(request.document)
		defer stop()
		for path, want := range statefulPages(true, ada, user) {
			b.Open(path)
			text := b.Text("main .live")
			if !strings.Contains(text, want) || strings.Contains(text, "Loading") {
				t.Errorf("%s shows, want %q:\n%s", path, want, text)
			}
		}
	})
}
