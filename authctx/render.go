package authctx

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// write is the answer of those who bring none of their own.
func (d Denied) write(w http.ResponseWriter, r *http.Request) {
	if d.Status == http.StatusNotFound {
		http.NotFound(w, r) // word for word what routers answer where there is no route
		return
	}
	switch d.Kind {
	case KindDocument:
		d.document(w, r)
	case KindHTMX:
		d.htmx(w, r)
	case KindDatastar:
		d.datastar(w, r)
	case KindPart:
		switch {
		case fromAlpine(r.Header):
			d.alpine(w, r)
		case fromUnpoly(r.Header):
			d.unpoly(w, r)
		default:
			d.turbo(w, r)
		}
	case KindEvents:
		d.events(w)
	case KindWebSocket:
		if !d.closeSocket(w, r) {
			d.api(w, r)
		}
	default:
		d.api(w, r)
	}
}

func (d Denied) document(w http.ResponseWriter, r *http.Request) {
	if d.Loop {
		challenge(w, r)
		writeHTML(w, d.Status, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Sign-in not accepted</title>"+
			"<body><main><h1>Sign-in not accepted</h1><p>"+html.EscapeString(loopText(r.Context(), d.Reason))+"</p>"+
			`<p><a href="">Try again</a></p></main></body></html>`)
		return
	}
	if d.SignInURL == "" {
		d.plain(w, r)
		return
	}
	if restores(r.Header) && strings.Contains(d.SignInURL, "://") {
		// A script cannot follow a redirect to another origin, and reads no status over 399.
		writeHTML(w, http.StatusOK, "<!doctype html><title>Sign in</title><body>"+d.refresh())
		return
	}
	http.Redirect(w, r, d.SignInURL, http.StatusSeeOther) // never 307: a form's body goes nowhere else (RFC 9700 §4.12)
}

func (d Denied) htmx(w http.ResponseWriter, r *http.Request) {
	if d.SignInURL == "" {
		d.plain(w, r)
		return
	}
	challenge(w, r)
	w.Header().Set("HX-Redirect", d.SignInURL)
	w.WriteHeader(http.StatusUnauthorized)
}

// datastar sends the one event that reaches the address bar without a script. Datastar
// runs scripts that are patched in, but a policy with nonces blocks them.
func (d Denied) datastar(w http.ResponseWriter, r *http.Request) {
	if d.SignInURL == "" {
		d.plain(w, r)
		return
	}
	startEvents(w)
	_, _ = fmt.Fprintf(w, "event: datastar-patch-elements\ndata: selector head\ndata: mode append\n"+ //nolint:gosec // refresh escapes the address
		"data: elements %s\n\n", d.refresh())
}

// turbo answers with a stream, because a frame follows redirects and then misses itself in
// the sign-in page.
func (d Denied) turbo(w http.ResponseWriter, r *http.Request) {
	if d.SignInURL == "" {
		frame := r.Header.Get("Turbo-Frame")
		if frame == "" {
			d.plain(w, r)
			return
		}
		d.part(w, r, `<turbo-frame id="`+html.EscapeString(frame)+`">`+d.alert()+`</turbo-frame>`)
		return
	}
	challenge(w, r)
	h := w.Header()
	h.Set("Content-Type", turboStream+"; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(d.Status)
	_, _ = io.WriteString(w, `<turbo-stream action="append" targets="head"><template>`+d.refresh()+`</template></turbo-stream>`) //nolint:gosec // refresh escapes the address
}

// maxTargets is as much of a list of elements as is answered.
const maxTargets = 1 << 10

// alpine answers with the elements that alpine-ajax asks for: it removes those that it misses.
func (d Denied) alpine(w http.ResponseWriter, r *http.Request) {
	inner := d.alert()
	if d.SignInURL != "" {
		inner = d.refresh()
	}
	var parts strings.Builder
	ids := r.Header.Get("X-Alpine-Target")
	for id := range strings.FieldsSeq(ids[:min(len(ids), maxTargets)]) {
		parts.WriteString(`<div id="` + html.EscapeString(id) + `">` + inner + `</div>`)
	}
	d.part(w, r, parts.String())
}

// unpoly answers with a document and, to redirect, names its body as the target, which works
// from overlays and for parts that the document does not have.
func (d Denied) unpoly(w http.ResponseWriter, r *http.Request) {
	inner := "<main>" + d.alert() + "</main>"
	if d.SignInURL != "" {
		inner = d.refresh()
		w.Header().Set("X-Up-Target", "body")
	}
	d.part(w, r, "<!doctype html><title>"+http.StatusText(d.Status)+"</title><body>"+inner)
}

// refresh is an element that redirects the document it is put into. It is no script, so it
// works under every content security policy.
func (d Denied) refresh() string {
	return `<meta http-equiv="refresh" content="0;url=` + html.EscapeString(d.SignInURL) + `">`
}

func (d Denied) alert() string { return `<p role="alert">` + html.EscapeString(d.text()) + `</p>` }

// part is markup for a script to put into a page.
func (d Denied) part(w http.ResponseWriter, r *http.Request, markup string) {
	if d.Status == http.StatusUnauthorized {
		challenge(w, r)
	}
	writeHTML(w, d.Status, markup)
}

func writeHTML(w http.ResponseWriter, status int, markup string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, markup) //nolint:gosec // callers escape what they put into it
}

// events tells a script that listens for it. EventSource connects again after the end of a
// stream, so a script that does not listen is told to take its time.
func (d Denied) events(w http.ResponseWriter) {
	data, _ := json.Marshal(struct { // a number and a string
		Status    int    `json:"status"`
		SignInURL string `json:"signInUrl,omitempty"`
	}{d.Status, d.SignInURL})
	retry := 60_000 // milliseconds
	if d.Status == http.StatusServiceUnavailable {
		retry = 10_000 // as in Retry-After
	}
	startEvents(w)
	_, _ = fmt.Fprintf(w, "event: auth\nretry: %d\ndata: %s\n\n", retry, data)
}

func startEvents(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
}

func (d Denied) api(w http.ResponseWriter, r *http.Request) {
	if d.Reverification != "" {
		web.WriteJSON(w, d.Status, reverificationError(d.Reverification))
		return
	}
	if d.Status == http.StatusUnauthorized {
		challenge(w, r)
	}
	web.WriteErrors(w, d.Status, web.NewTraceID(), wire.Error{Code: deniedCode[d.Status], Message: d.text()})
}

// plain is the answer where no other page helps: a small page with a link for browsers, one
// line of text for everything else.
func (d Denied) plain(w http.ResponseWriter, r *http.Request) {
	if d.Status == http.StatusUnauthorized {
		challenge(w, r)
	}
	if d.Kind != KindDocument || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Error(w, d.text(), d.Status)
		return
	}
	title := html.EscapeString(deniedTitle[d.Status])
	writeHTML(w, d.Status, `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`+
		`<title>`+title+`</title></head><body><main><h1>`+title+`</h1><p>`+html.EscapeString(d.text())+`</p><p><a href="/">Go to the start page</a></p></main></body></html>`)
}

var deniedTitle = map[int]string{
	http.StatusUnauthorized:       "Signed out",
	http.StatusForbidden:          "Access denied",
	http.StatusServiceUnavailable: "Try again in a moment",
}

// challenge goes with every 401 (RFC 9110 §15.5.2, RFC 6750 §3). Browsers do not act on it.
func challenge(w http.ResponseWriter, r *http.Request) {
	scheme := "Bearer"
	if r.Header.Get("Authorization") != "" {
		scheme = `Bearer error="invalid_token"`
	}
	w.Header().Set("WWW-Authenticate", scheme)
}

// reverificationError is the body that makes the reference's browser code ask for proof
// and repeat the request (protocol reference 6.10).
func reverificationError(p Preset) any {
	type metadata struct {
		Reverification Preset `json:"reverification"`
	}
	type reason struct {
		Type     string   `json:"type"`
		Reason   string   `json:"reason"`
		Metadata metadata `json:"metadata"`
	}
	return struct {
		Error reason `json:"clerk_error"`
	}{reason{"forbidden", "reverification-error", metadata{p}}}
}

// text is the denial in words for people.
func (d Denied) text() string {
	if d.Reverification != "" {
		return "Confirm that it is you to continue: sign out, sign in again, and come back here."
	}
	if d.CrossOrigin {
		return "This request was sent from another website, so nothing was done. If it was you, repeat it on a page of this site."
	}
	return deniedText[d.Status]
}

var deniedText = map[int]string{
	http.StatusUnauthorized:       "Sign in to continue.",
	http.StatusForbidden:          "You are signed in, but not allowed to do this.",
	http.StatusServiceUnavailable: "We can't verify your sign-in right now. Try again in a moment.",
}

var deniedCode = map[int]string{
	http.StatusUnauthorized:       wire.CodeAuthenticationInvalid,
	http.StatusForbidden:          wire.CodeAuthorizationInvalid,
	http.StatusServiceUnavailable: wire.CodeUnavailable,
}
