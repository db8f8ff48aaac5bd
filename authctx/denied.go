package authctx

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// Denied is a request that a guard turned away.
type Denied struct {
	// Status is 401 signed out, 403 signed in without what was asked or from another origin, 404 when [Hide] asks
	// for it, or 503 when who sent the request cannot be told.
	Status int
	// Kind is how the request can be answered.
	Kind Kind
	// Reason says why nobody is signed in; "" when somebody is.
	Reason wire.Reason
	// Auth is who sent the request, never nil.
	Auth *Auth
	// SignInURL is where to sign in, with the checked way back in redirect_url if there is
	// a page to come back to. It is "" unless Status is 401, where signing in would not help
	// because only machine tokens pass, and for the sign-in page itself, which would
	// otherwise lead to itself for ever.
	SignInURL string
	// Loop says that the browser was sent to the sign-in page and back again and again,
	// because the guard refuses a session token that the sign-in page takes for good.
	// SignInURL is "" then, so that a page can say what is wrong.
	Loop bool
	// CrossOrigin says that a page of another origin sent the request with the visitor's
	// cookies, and that this alone is why it is refused; see Config.TrustedOrigins.
	CrossOrigin bool
	// Reverification is the preset to satisfy when that alone is missing, "" otherwise.
	Reverification Preset
}

// deny answers with the app's own words where it has some.
func (a *Authenticator) deny(w http.ResponseWriter, r *http.Request, d Denied) {
	d = a.stopLoop(w, r, d)
	a.log.DebugContext(r.Context(), "request denied", "status", d.Status, "kind", int(d.Kind), "reason", string(d.Reason))
	if d.CrossOrigin {
		a.log.DebugContext(r.Context(), "a page of another origin sent a request with cookies: list its origin in TrustedOrigins if it may act for people", "origin", printable(r.Header.Get("Origin")))
	}
	if d.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "10") // the least time between two key fetches
	}
	if a.onDeny != nil {
		seen := &witness{ResponseWriter: w}
		a.onDeny(seen, r, d)
		if seen.answered {
			return
		}
	}
	d.write(w, r)
}

// witness notes whether anything was answered.
type witness struct {
	http.ResponseWriter
	answered bool
}

// WriteHeader implements [http.ResponseWriter].
func (w *witness) WriteHeader(status int) {
	w.answered = w.answered || status >= 200 || status == http.StatusSwitchingProtocols
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *witness) Write(b []byte) (int, error) {
	w.answered = true
	return w.ResponseWriter.Write(b)
}

// WriteString implements [io.StringWriter].
func (w *witness) WriteString(s string) (int, error) {
	w.answered = true
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom implements [io.ReaderFrom].
func (w *witness) ReadFrom(r io.Reader) (int64, error) {
	w.answered = true
	return io.Copy(w.ResponseWriter, r)
}

// Flush implements [http.Flusher].
func (w *witness) Flush() { _ = w.FlushError() }

// FlushError is the Flush of [http.ResponseController].
func (w *witness) FlushError() error {
	err := http.NewResponseController(w.ResponseWriter).Flush()
	w.answered = w.answered || !errors.Is(err, http.ErrNotSupported)
	return err //nolint:wrapcheck // the answer of the writer below
}

// Hijack implements [http.Hijacker].
func (w *witness) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.answered = w.answered || err == nil
	return conn, buf, err
}

// Unwrap lets [http.ResponseController] reach the writer below.
func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }
