package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// tab is a page that somebody looks at. Whatever a page complains about in the console
// fails the test that showed it, unless the test was about something missing.
type tab struct {
	t      testing.TB
	ctx    context.Context
	origin string

	mu         sync.Mutex
	complaints []string
	tolerated  []string
}

// hear collects the complaints of pages: errors and warnings of scripts, refusals of the
// content security policy, resources that did not load.
func (b *tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.complain("exception: " + exceptionText(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			b.complain(fmt.Sprintf("console.%s: %s", e.Type, consoleText(e.Args)))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.complain(fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	}
}

func consoleText(args []*runtime.RemoteObject) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg.Description + string(arg.Value)
	}
	return strings.Join(words, " ")
}

func (b *tab) complain(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, text)
}

// tolerate lets complaints pass that contain text.
func (b *tab) tolerate(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tolerated = append(b.tolerated, text)
}

// report fails the test for what pages have complained about since the last report.
func (b *tab) report() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		if !slices.ContainsFunc(b.tolerated, func(text string) bool { return strings.Contains(c, text) }) {
			b.t.Errorf("a page complained: %s", c)
		}
	}
	b.complaints = nil
}

// heard is what pages have complained about so far.
func (b *tab) heard() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.complaints, "\n")
}

// limited bounds one step.
func (b *tab) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.ctx, actionLimit)
}

// do runs steps one after the other.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("in the browser: %v%s", err, b.whereabouts())
	}
}

// command sends a command of the browser's protocol to the tab.
func command[P, R any](b *tab, cmd cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	result, err := chromedp.Call(ctx, cmd, params)
	if err != nil {
		b.t.Fatalf("%s: %v", cmd.Method, err)
	}
	return result
}

// evaluate runs an expression in the page, as if typed into the console. It works where
// the scripts of pages are disabled, too.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("evaluate %.80q: %v%s", expression, err, b.whereabouts())
	}
	return value
}

// whereabouts says what the tab shows, for failures.
func (b *tab) whereabouts() string {
	ctx, cancel := b.limited()
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body?.innerText`))
	if err != nil {
		return ""
	}
	return "\nat " + tail(text, 2<<10)
}

// open navigates to a path and returns the status of the document.
func (b *tab) open(path string) int64 {
	b.t.Helper()
	return b.arrive(chromedp.Navigate(b.origin + path))
}

// arrive takes steps that lead to another page and returns the document's status.
func (b *tab) arrive(steps ...chromedp.Action[chromedp.Void]) int64 {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		b.t.Fatalf("no page came: %v%s", err, b.whereabouts())
	}
	if response == nil {
		return 0 // out of a cache
	}
	return response.Status
}

// path is the address of the page without its origin.
func (b *tab) path() string {
	b.t.Helper()
	return evaluate[string](b, `location.pathname + location.search`)
}

// text is what a person can read in the page, or in the first element of a selector.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return evaluate[string](b, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// wantText waits until an element's text contains want.
func (b *tab) wantText(selector, want string) {
	b.t.Helper()
	got := ""
	for range 200 {
		if got = b.text(selector); strings.Contains(got, want) {
			return
		}
		b.pause()
	}
	b.t.Fatalf("%s says %q, want %q%s", selector, got, want, b.whereabouts())
}

// cookies are the cookies of the tab's browser context by name.
func (b *tab) cookies() map[string]*network.Cookie {
	b.t.Helper()
	ctx, cancel := b.limited()
	defer cancel()
	id := chromedp.FromContext(b.ctx).BrowserContextID
	result, err := chromedp.CallBrowser(ctx, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: id})
	if err != nil {
		b.t.Fatal(err)
	}
	found := make(map[string]*network.Cookie)
	for _, c := range result.Cookies {
		found[c.Name] = c
	}
	return found
}

// dropSession deletes the session cookies and nothing else: what is left when a token has
// expired and the browser has cleared it away.
func (b *tab) dropSession() { b.t.Helper(); b.dropCookies("__session") }

// dropCookies deletes the cookies whose names begin so.
func (b *tab) dropCookies(prefix string) {
	b.t.Helper()
	for name, c := range b.cookies() {
		if strings.HasPrefix(name, prefix) {
			command(b, network.DeleteCookies, network.DeleteCookiesParams{Name: name, Domain: c.Domain, Path: c.Path})
		}
	}
}

// decoded is JSON from the page as a Go value.
func decoded[T any](b *tab, text string) T {
	b.t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		b.t.Fatalf("%q is not JSON: %v", text, err)
	}
	return value
}

func exceptionText(d *runtime.ExceptionDetails) string {
	if d.Exception != nil {
		return d.Text + " " + d.Exception.Description
	}
	return d.Text
}

// visit is open for several tabs at once: it reports instead of ending the test.
func (b *tab) visit(path string) int64 {
	ctx, cancel := b.limited()
	defer cancel()
	response, err := chromedp.Run(ctx, chromedp.NavigateResponse(b.origin+path))
	if err != nil || response == nil {
		b.t.Errorf("open %s: %v", path, err)
		return 0
	}
	return response.Status
}

// html is the page as the browser has it now.
func (b *tab) html() (string, error) {
	ctx, cancel := b.limited()
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
}
