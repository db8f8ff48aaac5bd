package pages

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// ErrorPage answers with status and a page that says what happened, in message or, when
// that is "", in words that fit the status. It shows nothing else but an id that the log
// has too. Paths below /api/ get the error envelope instead.
func (p *Pages) ErrorPage(w http.ResponseWriter, r *http.Request, status int, message string) {
	id := requestID(w)
	if message == "" {
		message = errorText(status)
	}
	p.log.DebugContext(r.Context(), "error page", "status", status, "path", r.URL.Path, "request_id", id)
	if strings.HasPrefix(r.URL.Path, "/api/") {
		web.WriteErrors(w, status, id, wire.Error{Code: errorCode[status], Message: message})
		return
	}
	title := errorTitle(status)
	body := errorBody(errorModel{Status: status, Title: title, Message: message, RequestID: id})
	if err := send(w, r, status, p.frame(page{title: title, bare: true, body: body})); err != nil {
		p.log.ErrorContext(r.Context(), "error page could not be rendered", "request_id", id, "err", err)
		http.Error(w, title+". Request "+id, status)
	}
}

// NotFound answers 404.
func (p *Pages) NotFound(w http.ResponseWriter, r *http.Request) {
	p.ErrorPage(w, r, http.StatusNotFound, "")
}

// MethodNotAllowed answers 405 and says in Allow what the route takes instead (RFC 9110
// §15.5.6), which chi does only where no handler of one's own is set.
func (p *Pages) MethodNotAllowed(w http.ResponseWriter, r *http.Request) {
	if allow := allowed(r); allow != "" {
		w.Header().Set("Allow", allow)
	}
	p.ErrorPage(w, r, http.StatusMethodNotAllowed, "")
}

// allowed asks the router for the methods of a path. HEAD is answered wherever GET is.
func allowed(r *http.Request) string {
	route := chi.RouteContext(r.Context())
	if route == nil || route.Routes == nil {
		return ""
	}
	var list []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if !route.Routes.Match(chi.NewRouteContext(), method, r.URL.Path) {
			continue
		}
		list = append(list, method)
		if method == http.MethodGet {
			list = append(list, http.MethodHead)
		}
	}
	return strings.Join(list, ", ")
}

type errorModel struct {
	Status                    int
	Title, Message, RequestID string
}
