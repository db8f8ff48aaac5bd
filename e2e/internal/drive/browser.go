package drive

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser is the one Chromium of the run. Every person gets a browser context of it,
// which shares no cookies with the others.
var browser struct {
	once   sync.Once
	ctx    context.Context
	err    error
	closed func()
}

const (
	browserLimit = 60 * time.Second // to start
	actionLimit  = 60 * time.Second // for one step of a person
)

// openBrowser returns the context of the running browser.
func openBrowser(t testing.TB) context.Context {
	t.Helper()
	path := Need(t, "install Chromium, such as with apt-get install chromium", "chromium", "chromium-browser", "google-chrome")
	browser.once.Do(func() { browser.ctx, browser.closed, browser.err = startBrowser(path) })
	if browser.err != nil {
		t.Fatalf("start %s: %v", path, browser.err)
	}
	return browser.ctx
}

func startBrowser(path string) (context.Context, func(), error) {
	profile, err := os.MkdirTemp("", "usher-e2e-profile-")
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile),
		chromedp.NoSandbox, chromedp.DisableGPU, // as root, in containers
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(browserLimit), chromedp.WindowSize(1280, 900),
		// Hosts with names, over TLS, whose certificates nobody has signed.
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"), chromedp.Flag("ignore-certificate-errors", true),
	)
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	closed := func() {
		ending, done := context.WithTimeout(ctx, 10*time.Second)
		_ = chromedp.Cancel(ending) // the allocator kills what does not end
		done()
		cancel()
		cancelAlloc()
		removeAll(profile)
	}
	if err := chromedp.Do(ctx); err != nil {
		closed()
		return nil, nil, err
	}
	return ctx, closed, nil
}

func closeBrowser() {
	if browser.closed != nil {
		browser.closed()
	}
}

// NewPerson opens a tab in a fresh browser context: somebody at a device of their own,
// who visits an origin.
func NewPerson(t testing.TB, origin string) *Tab {
	t.Helper()
	return openTab(t, openBrowser(t), origin, chromedp.WithNewBrowserContext())
}

// Another opens a second tab beside b: same person, same cookies.
func (b *Tab) Another() *Tab {
	b.T.Helper()
	id := chromedp.FromContext(b.Ctx).BrowserContextID
	return openTab(b.T, b.Ctx, b.Origin, chromedp.WithExistingBrowserContext(id))
}

func openTab(t testing.TB, parent context.Context, origin string, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	b := &Tab{T: t, Ctx: ctx, Origin: origin}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.Report()
		ending, done := context.WithTimeout(ctx, 10*time.Second)
		defer done()
		if err := chromedp.Cancel(ending); err != nil && !errors.Is(err, context.Canceled) {
			t.Logf("close a tab: %v", err)
		}
		cancel()
	})
	return b
}
