package handlers

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

const maxWebhookBody = 1 << 20

var (
	errWebhookMethod = &badWebhook{http.StatusMethodNotAllowed, wire.CodeMethodNotAllowed, "Webhooks are sent with POST."}
	errWebhookSize   = &badWebhook{http.StatusRequestEntityTooLarge, wire.CodeBodyTooLarge, "The body is larger than 1 MiB."}
	errWebhookBody   = &badWebhook{http.StatusBadRequest, wire.CodeRequestBodyInvalid, "The body did not arrive whole."}
	errNoEvent       = &badWebhook{http.StatusBadRequest, wire.CodeRequestBodyInvalid, "The signature is right, but the body is not an event."}
	errWebhookBusy   = &badWebhook{http.StatusConflict, "webhook_in_progress", "This event is being handled. Send it again later."}
	errNotHandled    = &badWebhook{http.StatusInternalServerError, "webhook_not_handled", "The event could not be handled. Send it again later."}
)

// WebhookConfig says whose webhooks are believed. Only Secrets has no default.
type WebhookConfig struct {
	// Secrets are the signing secrets of this endpoint, "whsec_…"
	// (CLERK_WEBHOOK_SIGNING_SECRET), made with [wire.NewSecret]. What any of them signed is
	// believed, so give the old and the new one while a secret is replaced. At most 8.
	Secrets []wire.Secret
	// Seen reports whether the event with this id has been handled, for those who keep the
	// ids where other processes and later ones find them; nil asks nobody. An event that
	// was seen is answered with success and not handled again; with an error it is sent
	// again later. It only reads: add the id in the callback, in the same transaction as
	// what the event changes.
	Seen func(ctx context.Context, id string) (bool, error)
	// Logger gets events that could not be handled at Warn, and refused messages at Debug;
	// nil is silent.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// webhook receives webhooks.
type webhook struct {
	keys   []wire.Secret // decoded
	seen   func(ctx context.Context, id string) (bool, error)
	do     func(context.Context, Event) error
	recent recentIDs
	now    func() time.Time
	log    *slog.Logger
}

// NewWebhook returns the handler of a webhook endpoint, which calls do for each event that
// the instance sent (protocol reference 9). The error joins every mistake in cfg and
// contains no secret. It panics if do is nil.
//
// Anybody can post to the endpoint, so nothing is done before the signature was found
// right: a message with a missing, repeated, malformed or wrong signature, one that is
// more than five minutes old or ahead, and one whose body was altered are answered 400; a
// body of more than 1 MiB is answered 413 and not read on. It looks at no identity. In
// front of it there must be no middleware that reads the body or asks forms for a token,
// and below [authctx.ProtectByDefault] it is wrapped in [authctx.Public].
//
// do is called with every type of event, those unknown to this package too, and from many
// requests at once. When it returns nil the sender is told so; when it returns an error the
// answer is 500, and the sender tries again in a few seconds, minutes and hours. Its
// context ends when the sender goes away, which it does after 15 seconds.
//
// Events come at least once. Those handled in the last hour by this handler, up to 4096,
// are not handled again, and one that comes again while it is being handled is answered
// 409; do is called for it again if it fails. Whatever must happen once only, across
// restarts and on several machines, needs [WebhookConfig].Seen.
func NewWebhook(cfg WebhookConfig, do func(ctx context.Context, e Event) error) (http.Handler, error) {
	if do == nil {
		panic("handlers: NewWebhook needs a function that handles events")
	}
	keys, err := webhookKeys(cfg.Secrets)
	if err != nil {
		return nil, err
	}
	h := &webhook{keys: keys, seen: cfg.Seen, do: do, now: cfg.Now, log: web.SampledLogger(cfg.Logger, cfg.Now)}
	if h.now == nil {
		h.now = time.Now //nolint:forbidigo // the default clock
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	return h, nil
}

// ServeHTTP implements [http.Handler].
func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	trace := web.NewTraceID()
	event, bad := h.receive(w, r)
	if bad == nil {
		bad = h.handleOnce(r.Context(), event, trace)
	}
	if bad == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if bad != errNotHandled { // which is logged with the reason
		h.log.DebugContext(r.Context(), "webhook refused", "reason", bad.text, "trace_id", trace)
	}
	if bad.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	web.WriteErrors(w, bad.status, trace, wire.Error{Code: bad.code, Message: bad.text})
}

// receive returns the event that r carries, when the signature is right.
func (h *webhook) receive(w http.ResponseWriter, r *http.Request) (Event, *badWebhook) {
	if r.Method != http.MethodPost {
		return Event{}, errWebhookMethod
	}
	d, bad := readDelivery(r.Header)
	if bad == nil {
		bad = d.timely(h.now()) // before a byte of the body is read
	}
	if bad != nil {
		return Event{}, bad
	}
	body, bad := readWebhook(w, r)
	if bad == nil {
		bad = d.verify(h.keys, body, h.now()) // the time again, for the body may have taken its own
	}
	if bad != nil {
		return Event{}, bad
	}
	return readEvent(d.id, body)
}

func readWebhook(w http.ResponseWriter, r *http.Request) ([]byte, *badWebhook) {
	if r.ContentLength > maxWebhookBody {
		return nil, errWebhookSize
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhookBody))
	if err == nil {
		return body, nil
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, errWebhookSize
	}
	return nil, errWebhookBody
}

// handleOnce calls the app, unless the event was handled or is being handled. What the app
// says of a failure is for the log alone.
func (h *webhook) handleOnce(ctx context.Context, e Event, trace string) *badWebhook {
	switch h.recent.begin(e.ID, h.now()) {
	case handled:
		return nil
	case underWay:
		return errWebhookBusy
	case unseen:
	}
	ok := false
	defer func() { h.recent.end(e.ID, h.now(), ok) }() // after a panic too: the event comes again
	if err := h.call(ctx, e); err != nil {
		h.log.WarnContext(ctx, "webhook not handled", "event", e, "err", err, "trace_id", trace)
		return errNotHandled
	}
	ok = true
	return nil
}

func (h *webhook) call(ctx context.Context, e Event) error {
	if h.seen != nil {
		if seen, err := h.seen(ctx, e.ID); seen || err != nil {
			return err
		}
	}
	return h.do(ctx, e)
}
