package e2e

import (
	"context"
	"net/url"
	"strings"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// request is what a page wants from the network.
type request struct {
	kind network.ResourceType
	path string
}

func (r request) document() bool { return r.kind == network.ResourceTypeDocument }
func (r request) script() bool   { return r.kind == network.ResourceTypeScript }
func (r request) static() bool   { return strings.HasPrefix(r.path, "/static/") }

// intercept lets only some requests of the tab through until stop is called.
func (b *tab) intercept(allow func(request) bool) (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.ctx)
	paused := chromedp.Events(ctx, fetch.RequestPaused)
	command(b, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	command(b, fetch.Enable, fetch.EnableParams{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e, err := range paused {
			if err != nil {
				return
			}
			answerPaused(ctx, &e, allow)
		}
	}()
	return func() {
		command(b, fetch.Disable, struct{}{})
		cancel()
		<-done
	}
}

// answerPaused decides about one request. Errors mean that the page has gone meanwhile.
func answerPaused(ctx context.Context, e *fetch.EventRequestPaused, allow func(request) bool) {
	u, err := url.Parse(e.Request.URL)
	if err == nil && allow(request{e.ResourceType, u.Path}) {
		_, _ = chromedp.Call(ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: e.RequestID})
		return
	}
	_, _ = chromedp.Call(ctx, fetch.FailRequest, fetch.FailRequestParams{
		RequestID: e.RequestID, ErrorReason: network.ErrorReasonBlockedByClient,
	})
}
