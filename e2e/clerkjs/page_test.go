package clerkjs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// walk is a list of steps that depend on each other.
type walk struct {
	*front
	*testing.T
	pages []*page
	asked int // calls that earlier steps have looked at
}

// newWalk starts the program for a walk, with more flags.
func newWalk(t *testing.T, flags ...string) *walk {
	t.Helper()
	return &walk{front: start(t, flags...), T: t}
}

// step is a named part of the walk. Without it the later ones mean nothing, so its failure
// ends the walk. What pages complained about and calls that were refused unexpectedly fail
// it.
func (w *walk) step(name string, do func(t *testing.T)) {
	w.Helper()
	ok := w.Run(name, func(t *testing.T) {
		w.hand(t)
		do(t)
		for _, p := range w.pages {
			p.Report()
		}
		w.wantNoRefusals(t)
	})
	w.hand(w.T)
	if !ok {
		w.Fatalf("the walk ends here: %s", name)
	}
}

// hand makes everything report to a test.
func (w *walk) hand(t *testing.T) {
	w.front.t = t
	w.program.T = t
	for _, p := range w.pages {
		p.T = t
	}
}

// wantNoRefusals fails for refusals that no step has asked for.
func (w *walk) wantNoRefusals(t *testing.T) {
	t.Helper()
	calls := w.all(w.asked)
	w.asked += len(calls)
	for _, c := range calls {
		expected := slices.ContainsFunc(w.pages, func(p *page) bool { return slices.Contains(p.expected, c.String()) })
		if c.Status >= http.StatusBadRequest && !expected {
			t.Errorf("refused: %s", c)
		}
	}
}

// page is a tab with the client in it.
type page struct {
	*drive.Tab
	walk     *walk
	expected []string // refusals that steps asked for
}

// person opens the blank page in a browser of its own, with the client not loaded yet. It
// stays open until the walk ends.
func (w *walk) person() *page {
	w.front.t.Helper()
	return w.page(drive.NewPerson(w.T, w.origin))
}

// beside opens the page in another tab of the same browser.
func (p *page) beside() *page {
	p.T.Helper()
	step := p.T
	p.T = p.walk.T
	tab := p.Another()
	p.T = step
	return p.walk.page(tab)
}

func (w *walk) page(tab *drive.Tab) *page {
	p := &page{Tab: tab, walk: w}
	p.T = w.front.t
	w.pages = append(w.pages, p)
	p.Tolerate("the server responded with a status of") // the record has them all
	p.Open(blank)
	return p
}

// load loads the client, as a page does at its start. A page that was left is opened anew.
func (p *page) load() {
	p.T.Helper()
	p.Open(blank)
	p.run(`await Clerk.load()`)
}

// outcome is how a script ended.
type outcome struct {
	Value json.RawMessage
	Error *thrown
}

// thrown is an error of the client.
type thrown struct {
	Name, Message string
	Status        int
	Errors        []struct {
		Code, Message, LongMessage string
		Meta                       struct{ ParamName, SessionID string }
	}
}

func (e *thrown) Error() string {
	text := fmt.Sprintf("%s %d: %s", e.Name, e.Status, e.Message)
	for _, one := range e.Errors {
		text += fmt.Sprintf("; %s (%s): %s", one.Code, one.Meta.ParamName, one.LongMessage)
	}
	return text
}

// evaluate runs the body of an async function in the page.
func (p *page) evaluate(body string) outcome {
	p.T.Helper()
	text := drive.Evaluate[string](p.Tab, `(async () => {
		try {
			return JSON.stringify({ Value: await (async () => { `+body+` })() ?? null })
		} catch (e) {
			const { name, message, status, errors, stack } = e
			return JSON.stringify({ Error: { name, message: errors ? message : stack, status, errors: errors ?? [] } })
		}
	})()`)
	return drive.Decoded[outcome](p.Tab, text)
}

// run runs the body of an async function in the page, and wants it to succeed.
func (p *page) run(body string) {
	p.T.Helper()
	if o := p.evaluate(body); o.Error != nil {
		p.T.Fatalf("%s\nended with %v", strings.TrimSpace(body), o.Error)
	}
}

// ask is run with an answer.
func ask[T any](p *page, body string) (value T) {
	p.T.Helper()
	o := p.evaluate(body)
	if o.Error != nil {
		p.T.Fatalf("%s\nended with %v", strings.TrimSpace(body), o.Error)
	}
	if err := json.Unmarshal(o.Value, &value); err != nil {
		p.T.Fatalf("%s\nanswers %s: %v", strings.TrimSpace(body), o.Value, err)
	}
	return value
}

// refusal runs a script that the instance must refuse with a status, and returns how.
func (p *page) refusal(body string, status int) *thrown {
	p.T.Helper()
	mark := p.walk.mark()
	o := p.evaluate(body)
	if o.Error == nil {
		p.T.Fatalf("%s\nended with %s, want status %d", strings.TrimSpace(body), o.Value, status)
	}
	if o.Error.Status != status || len(o.Error.Errors) == 0 {
		p.T.Fatalf("%s\nended with %v, want status %d", strings.TrimSpace(body), o.Error, status)
	}
	p.expect(mark, status)
	return o.Error
}

// expect lets calls after a mark be refused with a status.
func (p *page) expect(mark, status int) {
	for _, c := range p.walk.since(mark) {
		if c.Status == status {
			p.expected = append(p.expected, c.String())
		}
	}
}

// refused is refusal with one error: a code and the name of the field it is about, "" for
// none.
func (p *page) refused(body string, status int, code, param string) {
	p.T.Helper()
	e := p.refusal(body, status)
	if len(e.Errors) != 1 || e.Errors[0].Code != code || e.Errors[0].Meta.ParamName != param || e.Errors[0].LongMessage == "" {
		p.T.Errorf("%s\nwas refused with %v, want %s (%s)", strings.TrimSpace(body), e, code, param)
	}
}

// leave is a script that leads to another page.
func leave(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void]("void " + script + ", ({})")
}
