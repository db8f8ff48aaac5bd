package handlers

import (
	"net/http"
	"strings"
)

// shown returns a writer whose answers the library that sent r shows. htmx 2 drops answers
// with an error status, so it gets those with 200; everything else gets the true status.
// Unpoly takes from an error page what looks like the form, and is told to take all of it,
// because what is wrong is said above the form. Turbo, alpine-ajax and htmx 4 show error
// pages as they are. A redirect of htmx is one of the whole document, because a fetch cannot follow it to
// another origin, and because what is around the form shows who is signed in, too. With
// boosted a boosted form follows redirects within the app by itself.
func shown(w http.ResponseWriter, r *http.Request, boosted bool) http.ResponseWriter {
	h := r.Header
	if h.Get("X-Up-Version") != "" {
		return &unpolyWriter{w}
	}
	if h.Get("HX-Request") != "true" || h.Get("HX-History-Restore-Request") == "true" { // which reads no header fields
		return w
	}
	return &htmxWriter{ResponseWriter: w, follows: boosted && h.Get("HX-Boosted") == "true"}
}

type htmxWriter struct {
	http.ResponseWriter
	follows bool
}

// WriteHeader implements [http.ResponseWriter].
func (w *htmxWriter) WriteHeader(status int) {
	h := w.Header()
	location := h.Get("Location")
	switch {
	case status == http.StatusSeeOther && !(w.follows && strings.HasPrefix(location, "/")):
		h.Del("Location")
		h.Set("HX-Redirect", location)
		status = http.StatusOK
	case status >= http.StatusBadRequest:
		status = http.StatusOK
	}
	h.Add("Vary", "HX-Request")
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets [http.ResponseController] and [http.MaxBytesReader] reach the writer below.
func (w *htmxWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type unpolyWriter struct{ http.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (w *unpolyWriter) WriteHeader(status int) {
	h := w.Header()
	if status >= http.StatusBadRequest {
		h.Set("X-Up-Target", "body")
	}
	h.Add("Vary", "X-Up-Version")
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is [htmxWriter.Unwrap].
func (w *unpolyWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
