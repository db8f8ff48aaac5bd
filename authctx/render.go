package authctx

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"

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
	if d.SignInURL == "" {
		d.plain(w, r)
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
	_, _ = fmt.Fprintf(w, "event: datastar-patch-elements\ndata: selector head\ndata: mode append\n"+
		"data: elements <meta http-equiv=\"refresh\" content=\"0;url=%s\">\n\n", html.EscapeString(d.SignInURL))
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

// plain is for people whom no other page helps.
func (d Denied) plain(w http.ResponseWriter, r *http.Request) {
	if d.Status == http.StatusUnauthorized {
		challenge(w, r)
	}
	http.Error(w, d.text(), d.Status)
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
	return deniedText[d.Status]
}

var deniedText = map[int]string{
	http.StatusUnauthorized:       "Sign in to continue.",
	http.StatusForbidden:          "You are signed in, but not allowed to do this.",
	http.StatusServiceUnavailable: "Who you are cannot be checked right now. Try again in a moment.",
}

var deniedCode = map[int]string{
	http.StatusUnauthorized:       wire.CodeAuthenticationInvalid,
	http.StatusForbidden:          wire.CodeAuthorizationInvalid,
	http.StatusServiceUnavailable: wire.CodeUnavailable,
}
