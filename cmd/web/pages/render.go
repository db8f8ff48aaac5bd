package pages

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/internal/web"
)

// render answers 200 with pg.
func (p *Pages) render(w http.ResponseWriter, r *http.Request, pg page) {
	if err := send(w, r, http.StatusOK, p.frame(pg)); err != nil {
		p.log.ErrorContext(r.Context(), "page could not be rendered", "path", r.URL.Path, "err", err)
		p.ErrorPage(w, r, http.StatusInternalServerError, "")
	}
}

// send renders c completely before the first byte leaves, so that a component that fails
// never becomes half a page with status 200. Who has gone away by then is no failure.
func send(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	buf := templ.GetBuffer() // a new one would be most of what a page allocates
	defer templ.ReleaseBuffer(buf)
	if err := c.Render(context.WithoutCancel(r.Context()), buf); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes()) // a client that went away is its own affair
	return nil
}

// requestID names the request in logs and on error pages: as the server's middleware, whose
// writer is somewhere below w, calls it, or a new name.
func requestID(w http.ResponseWriter) string {
	for w != nil {
		switch below := w.(type) {
		case interface{ RequestID() string }:
			return below.RequestID()
		case interface{ Unwrap() http.ResponseWriter }:
			w = below.Unwrap()
		default:
			w = nil
		}
	}
	return web.NewTraceID()
}
