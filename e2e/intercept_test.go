package e2e

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/usherauth/usher/e2e/internal/drive"
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
	b.T.Helper()
	return b.pausing(nil, func(ctx context.Context, e *fetch.EventRequestPaused) { answerPaused(ctx, e, allow) })
}

// pausing hands requests of the tab to a function until stop is called. Nothing comes out
// of the cache meanwhile.
func (b *tab) pausing(patterns []*fetch.RequestPattern, handle func(context.Context, *fetch.EventRequestPaused)) (stop func()) {
	b.T.Helper()
	ctx, cancel := context.WithCancel(b.Ctx)
	paused := chromedp.Events(ctx, fetch.RequestPaused)
	drive.Command(b.Tab, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	drive.Command(b.Tab, fetch.Enable, fetch.EnableParams{Patterns: patterns})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e, err := range paused {
			if err != nil {
				return
			}
			handle(ctx, &e)
		}
	}()
	return func() {
		drive.Command(b.Tab, fetch.Disable, struct{}{})
		cancel()
		<-done
	}
}

// inject puts markup into the documents that the tab loads, as if the server had failed
// to escape something.
func (b *tab) inject(markup string) (stop func()) {
	b.T.Helper()
	documents := &fetch.RequestPattern{ResourceType: network.ResourceTypeDocument, RequestStage: fetch.RequestStageResponse}
	return b.pausing([]*fetch.RequestPattern{documents}, func(ctx context.Context, e *fetch.EventRequestPaused) {
		body, err := chromedp.Call(ctx, fetch.GetResponseBody, fetch.GetResponseBodyParams{RequestID: e.RequestID})
		if err != nil {
			b.T.Errorf("read the document: %v", err)
		}
		headers := slices.DeleteFunc(e.ResponseHeaders, func(h *fetch.HeaderEntry) bool { return strings.EqualFold(h.Name, "Content-Length") })
		_, err = chromedp.Call(ctx, fetch.FulfillRequest, fetch.FulfillRequestParams{
			RequestID: e.RequestID, ResponseCode: e.ResponseStatusCode, ResponseHeaders: headers,
			Body: bytes.Replace(body.Body, []byte("</h1>"), []byte("</h1>"+markup), 1),
		})
		if err != nil {
			b.T.Errorf("change the document: %v", err)
		}
	})
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
