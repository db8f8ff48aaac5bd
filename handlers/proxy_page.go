package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// People open addresses of the Frontend API: links in mails, and redirects that went wrong.
// What it refuses is shown to them as a page. Clients of the API get the API's own answer.

// peoplesPaths are the addresses that people are sent to.
var peoplesPaths = []string{"/v1/tickets/accept", "/v1/client/handshake", "/v1/verify", "/v1/oauth_callback"}

// navigates reports a request by which a browser opens an address for somebody to look at.
// Browsers say so (Fetch Metadata). One that does not is believed to be a person's where
// people are sent to the address, if it asks for HTML first.
func (h *Handlers) navigates(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	if !slices.Contains(peoplesPaths, strings.TrimPrefix(web.Requested(r).Path, h.cfg.ProxyPath)) {
		return false
	}
	first, _, _ := strings.Cut(r.Header.Get("Accept"), ",")
	t, _, err := mime.ParseMediaType(first)
	return err == nil && (t == "text/html" || t == "application/xhtml+xml")
}

// refusalWriter holds back a refusal in JSON, and passes on everything else.
type refusalWriter struct {
	http.ResponseWriter
	status int // of what is held back; 0 for nothing
	body   bytes.Buffer
}

func (w *refusalWriter) WriteHeader(status int) {
	t, _, _ := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if status >= http.StatusBadRequest && t == "application/json" {
		w.status = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *refusalWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		return w.ResponseWriter.Write(p)
	}
	_, _ = w.body.Write(p[:min(len(p), max(maxRefusal-w.body.Len(), 0))])
	return len(p), nil
}

// FlushError implements what [http.ResponseController] looks for.
func (w *refusalWriter) FlushError() error {
	if w.status != 0 {
		return nil
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// maxRefusal bounds a refusal that is shown as a page.
const maxRefusal = 64 << 10

// showRefusals serves next and shows its refusals as pages to people.
func (h *Handlers) showRefusals(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !h.navigates(r) {
			next(w, r)
			return
		}
		held := &refusalWriter{ResponseWriter: w}
		next(held, r)
		if held.status != 0 {
			h.showRefusal(w, r, held)
		}
	}
}

func (h *Handlers) showRefusal(w http.ResponseWriter, r *http.Request, held *refusalWriter) {
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "ETag", "Last-Modified"} {
		w.Header().Del(name)
	}
	var env wire.Errors
	_ = json.Unmarshal(held.body.Bytes(), &env) // without an envelope the status speaks alone
	refused := &fapi.Error{Status: held.status, Errors: env.Errors}
	rest := strings.TrimPrefix(web.Requested(r).Path, h.cfg.ProxyPath)
	if rest == "/v1/tickets/accept" && ticketStatus(refused, 0) != 0 {
		redirect(w, ticketURL(h.signInURL(r), r.URL.Query().Get("ticket"), ""))
		return
	}
	title, text := refusalWords(refused)
	h.page(w, r, held.status, title, templ.Join(alert(text), wayOn(h.cfg.AfterSignIn)))
}

// refusalWords are what a page says about a refusal of the Frontend API at an address that
// somebody opened.
func refusalWords(refused *fapi.Error) (title, text string) {
	switch {
	case refused.Status == http.StatusTooManyRequests:
		return "Too many requests", "Too many requests came from your network. Wait a moment and try again."
	case refused.Status >= http.StatusInternalServerError && refused.Status != http.StatusNotImplemented:
		return "Something went wrong", textUnavailable
	case refused.Has(wire.CodeInvalidHandshake):
		return "This address can't be opened", "This address belongs to the sign-in service and is incomplete. Open the page that you wanted again."
	case refused.Status == http.StatusForbidden:
		return "Access denied", "You are not allowed to open this address."
	}
	return "Page not found", "There is no page at this address. If a link brought you here, copy the whole link and try again."
}

// wayOn is a link to where people can continue.
func wayOn(target string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		_, err := io.WriteString(out, `<p class="usher-other"><a href="`+templ.EscapeString(string(templ.URL(target)))+`">Continue</a></p>`)
		return err
	})
}
