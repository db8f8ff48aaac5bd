package handlers

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// page renders body in the app's layout, in full before the first byte is sent. A server
// cancels the request's context when it cannot read on; what is wrong can be said even then.
func (h *Handlers) page(w http.ResponseWriter, r *http.Request, status int, title string, body templ.Component) {
	b := templ.GetBuffer()
	defer templ.ReleaseBuffer(b)
	to := h.given
	to.ReturnTo = h.returnTo(r, cmp.Or(r.PostForm.Get(wire.ParamRedirectURL), r.URL.Query().Get(wire.ParamRedirectURL)))
	if err := h.cfg.Layout(title, body).Render(views.WithAddresses(context.WithoutCancel(r.Context()), to), b); err != nil {
		h.log.ErrorContext(r.Context(), "page not rendered", "title", title, "err", err)
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	web.PrivateHeaders(header)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that went away is its own affair
}

// message is a page with one sentence and a link to the same address. The layout makes a
// heading of the title.
func (h *Handlers) message(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	h.page(w, r, status, title, templ.Join(alert(text), link("", "Try again")))
}

// link is a paragraph with a link. target has been checked.
func link(target, text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		_, err := io.WriteString(out, `<p><a href="`+templ.EscapeString(target)+`">`+templ.EscapeString(text)+`</a></p>`)
		return err
	})
}

// alert is a sentence that screen readers announce.
func alert(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		_, err := io.WriteString(out, `<p role="alert">`+templ.EscapeString(text)+`</p>`)
		return err
	})
}

// methodNotAllowed answers what a page does not do; nothing changes (RFC 9110 §15.5.6).
func (h *Handlers) methodNotAllowed(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	h.message(w, r, http.StatusMethodNotAllowed, "Not possible this way", "This address does not take "+knownMethod(r.Method)+" requests.")
}

// knownMethod keeps made-up methods out of pages.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "such"
}

// redirect answers 303, never 307: a body with a password must not travel on (RFC 9700
// §4.12). target has been checked; only octets outside ASCII are escaped.
func redirect(w http.ResponseWriter, target string) {
	header := w.Header()
	web.PrivateHeaders(header)
	header.Set("Location", escapeNonASCII(target))
	w.WriteHeader(http.StatusSeeOther)
}

func escapeNonASCII(s string) string {
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if c := s[i]; c < 0x80 {
			out = append(out, c)
		} else {
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(out)
}

// relay passes on what the Frontend API wants the browser to remember.
func relay(w http.ResponseWriter, lines []string) {
	for _, line := range lines {
		w.Header().Add("Set-Cookie", line)
	}
}

// remember relays an answer's cookies and adds the session token; the API leaves that
// one to whoever speaks for the browser.
func (h *Handlers) remember(w http.ResponseWriter, lines []string, token string) {
	relay(w, lines)
	if token != "" {
		web.SetCookies(w.Header(), web.SessionCookies(h.suffix, token, h.secure)...)
	}
}

// forget signs this browser out, whatever the Frontend API says. What it has said already
// is not said twice.
func (h *Handlers) forget(w http.ResponseWriter) {
	header := w.Header()
	web.SetCookies(header, web.ClearedSessionCookies(h.suffix, h.secure)...)
	for _, c := range append(web.UATCookies(h.suffix, 0, h.secure), web.RefreshCookie(h.suffix, "", h.secure, 0)) {
		if line := c.String(); !slices.Contains(header["Set-Cookie"], line) {
			header.Add("Set-Cookie", line)
		}
	}
}

// setRetryAfter passes on how long to wait, in whole seconds.
func setRetryAfter(w http.ResponseWriter, d time.Duration) {
	if d > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((d+time.Second-1)/time.Second)))
	}
}
