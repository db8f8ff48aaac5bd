package pages

import (
	"net/http"
	"strings"
)

// ErrorPages puts the plain refusals of the handlers behind it, such as those of
// authctx.RequirePage, into the layout.
func (p *Pages) ErrorPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refusal := &refusalWriter{ResponseWriter: w}
		next.ServeHTTP(refusal, r)
		if refusal.status != 0 {
			message := ""
			if refusal.status == http.StatusForbidden {
				message = exhibitAt(r.URL.Path).Denied
			}
			p.ErrorPage(w, r, refusal.status, message)
		}
	})
}

// refusalWriter holds back an error in plain text and remembers its status. Everything
// else passes.
type refusalWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements [http.ResponseWriter].
func (w *refusalWriter) WriteHeader(status int) {
	if status >= 400 && strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		w.status = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *refusalWriter) Write(b []byte) (int, error) {
	if w.status != 0 {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap serves [http.ResponseController].
func (w *refusalWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
