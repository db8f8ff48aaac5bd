package drive

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// Tab is a page that somebody looks at. Whatever a page complains about in the console
// fails the test that showed it, unless the test was about something missing.
type Tab struct {
	T      testing.TB
	Ctx    context.Context
	Origin string // of the addresses that are opened by path

	mu         sync.Mutex
	complaints []string
	tolerated  []string
}

// hear collects the complaints of pages: errors and warnings of scripts, refusals of the
// content security policy, resources that did not load.
func (b *Tab) hear(event any) {
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

func (b *Tab) complain(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, text)
}

// Tolerate lets complaints pass that contain text.
func (b *Tab) Tolerate(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tolerated = append(b.tolerated, text)
}

// Report fails the test for what pages have complained about since the last report.
func (b *Tab) Report() {
	b.T.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		if !slices.ContainsFunc(b.tolerated, func(text string) bool { return strings.Contains(c, text) }) {
			b.T.Errorf("a page complained: %s", c)
		}
	}
	b.complaints = nil
}

// Heard is what pages have complained about so far.
func (b *Tab) Heard() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.complaints, "\n")
}

// Limited bounds one step.
func (b *Tab) Limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(b.Ctx, actionLimit)
}

// Do runs steps one after the other.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	ctx, cancel := b.Limited()
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.T.Fatalf("in the browser: %v%s", err, b.Whereabouts())
	}
}

// Command sends a command of the browser's protocol to the tab.
func Command[P, R any](b *Tab, cmd cdp.Command[P, R], params P) R {
	b.T.Helper()
	ctx, cancel := b.Limited()
	defer cancel()
	result, err := chromedp.Call(ctx, cmd, params)
	if err != nil {
		b.T.Fatalf("%s: %v", cmd.Method, err)
	}
	return result
}

// Evaluate runs an expression in the page, as if typed into the console. It works where
// the scripts of pages are disabled, too.
func Evaluate[T any](b *Tab, expression string) T {
	b.T.Helper()
	ctx, cancel := b.Limited()
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.T.Fatalf("evaluate %.80q: %v%s", expression, err, b.Whereabouts())
	}
	return value
}

// Whereabouts says what the tab shows, for failures.
func (b *Tab) Whereabouts() string {
	ctx, cancel := b.Limited()
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body?.innerText`))
	if err != nil {
		return ""
	}
	return "\nat " + Tail(text, 2<<10)
}

// Open navigates to a path and returns the status of the document.
func (b *Tab) Open(path string) int64 {
	b.T.Helper()
	return b.Arrive(chromedp.Navigate(b.Origin + path))
}

// Arrive takes steps that lead to another page and returns the document's status.
func (b *Tab) Arrive(steps ...chromedp.Action[chromedp.Void]) int64 {
	b.T.Helper()
	ctx, cancel := b.Limited()
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		b.T.Fatalf("no page came: %v%s", err, b.Whereabouts())
	}
	if response == nil {
		return 0 // out of a cache
	}
	return response.Status
}

// Path is the address of the page without its origin.
func (b *Tab) Path() string {
	b.T.Helper()
	return Evaluate[string](b, `location.pathname + location.search`)
}

// Text is what a person can read in the page, or in the first element of a selector.
func (b *Tab) Text(selector string) string {
	b.T.Helper()
	return Evaluate[string](b, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// WantText waits until an element's text contains want.
func (b *Tab) WantText(selector, want string) {
	b.T.Helper()
	got := ""
	for range 200 {
		if got = b.Text(selector); strings.Contains(got, want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.T.Fatalf("%s says %q, want %q%s", selector, got, want, b.Whereabouts())
}

// Cookies are the cookies of the tab's browser context by name.
func (b *Tab) Cookies() map[string]*network.Cookie {
	b.T.Helper()
	ctx, cancel := b.Limited()
	defer cancel()
	id := chromedp.FromContext(b.Ctx).BrowserContextID
	result, err := chromedp.CallBrowser(ctx, storage.GetCookies, storage.GetCookiesParams{BrowserContextID: id})
	if err != nil {
		b.T.Fatal(err)
	}
	found := make(map[string]*network.Cookie)
	for _, c := range result.Cookies {
		found[c.Name] = c
	}
	return found
}

// DropSession deletes the session cookies and nothing else: what is left when a token has
// expired and the browser has cleared it away.
func (b *Tab) DropSession() { b.T.Helper(); b.DropCookies("__session") }

// DropCookies deletes the cookies whose names begin so.
func (b *Tab) DropCookies(prefix string) {
	b.T.Helper()
	for name, c := range b.Cookies() {
		if strings.HasPrefix(name, prefix) {
			Command(b, network.DeleteCookies, network.DeleteCookiesParams{Name: name, Domain: c.Domain, Path: c.Path})
		}
	}
}

// Decoded is JSON from the page as a Go value.
func Decoded[T any](b *Tab, text string) T {
	b.T.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		b.T.Fatalf("%q is not JSON: %v", text, err)
	}
	return value
}

func exceptionText(d *runtime.ExceptionDetails) string {
	if d.Exception != nil {
		return d.Text + " " + d.Exception.Description
	}
	return d.Text
}

// Visit is open for several tabs at once: it reports instead of ending the test.
func (b *Tab) Visit(path string) int64 {
	ctx, cancel := b.Limited()
	defer cancel()
	response, err := chromedp.Run(ctx, chromedp.NavigateResponse(b.Origin+path))
	if err != nil || response == nil {
		b.T.Errorf("open %s: %v", path, err)
		return 0
	}
	return response.Status
}

// HTML is the page as the browser has it now.
func (b *Tab) HTML() (string, error) {
	ctx, cancel := b.Limited()
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
}
