package authctx

import (
	"bufio"
	"net"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// Denied is a request that a guard turned away.
type Denied struct {
	// Status is 401 signed out, 403 signed in without what was asked, 404 when [Hide] asks
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
	// Reverification is the preset to satisfy when that alone is missing, "" otherwise.
	Reverification Preset
}

// deny answers with the app's own words where it has some.
func (a *Authenticator) deny(w http.ResponseWriter, r *http.Request, d Denied) {
	a.log.DebugContext(r.Context(), "request denied", "status", d.Status, "kind", int(d.Kind), "reason", string(d.Reason))
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

// Flush implements [http.Flusher].
func (w *witness) Flush() {
	w.answered = true
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack implements [http.Hijacker].
func (w *witness) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.answered = w.answered || err == nil
	return conn, buf, err
}

// Unwrap lets [http.ResponseController] reach the writer below.
func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }
