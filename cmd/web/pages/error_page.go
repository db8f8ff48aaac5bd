package pages

import (
	"net/http"
	"strings"

	"github.com/usherauth/usher/authctx"
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

// MethodNotAllowed answers 405. The router has set Allow.
func (p *Pages) MethodNotAllowed(w http.ResponseWriter, r *http.Request) {
	p.ErrorPage(w, r, http.StatusMethodNotAllowed, "")
}

// ErrorPages puts the plain refusals of the handlers behind it, such as those of
// [authctx.RequirePage], into the layout.
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

type errorModel struct {
	Status                    int
	Title, Message, RequestID string
}

var errorCode = map[int]string{
	http.StatusBadRequest:            wire.CodeRequestBodyInvalid,
	http.StatusUnauthorized:          wire.CodeAuthenticationInvalid,
	http.StatusForbidden:             wire.CodeAuthorizationInvalid,
	http.StatusNotFound:              wire.CodeResourceNotFound,
	http.StatusMethodNotAllowed:      wire.CodeMethodNotAllowed,
	http.StatusRequestEntityTooLarge: wire.CodeBodyTooLarge,
	http.StatusTooManyRequests:       wire.CodeTooManyRequests,
	http.StatusInternalServerError:   wire.CodeInternal,
	http.StatusServiceUnavailable:    wire.CodeUnavailable,
}

var errorTitles = map[int]string{
	http.StatusForbidden:             "Not for you",
	http.StatusNotFound:              "Nothing here",
	http.StatusMethodNotAllowed:      "Not done this way",
	http.StatusRequestEntityTooLarge: "Too much at once",
	http.StatusTooManyRequests:       "Too many requests",
	http.StatusInternalServerError:   "Something went wrong",
	http.StatusServiceUnavailable:    "Not right now",
}

func errorTitle(status int) string {
	if title := errorTitles[status]; title != "" {
		return title
	}
	return http.StatusText(status)
}

var errorTexts = map[int]string{
	http.StatusBadRequest:            "The request could not be understood.",
	http.StatusForbidden:             "You may not see this page or do this. If your rights have just changed, try again in a minute.",
	http.StatusNotFound:              "There is no page at this address.",
	http.StatusMethodNotAllowed:      "This address cannot be used in this way.",
	http.StatusRequestEntityTooLarge: "What was sent is too large.",
	http.StatusTooManyRequests:       "Wait a moment, then try again.",
	http.StatusInternalServerError:   "The page could not be made. Nothing of yours was lost.",
	http.StatusServiceUnavailable:    "Who you are cannot be checked at the moment. Try again shortly.",
}

func errorText(status int) string {
	if text := errorTexts[status]; text != "" {
		return text
	}
	return "The request could not be answered."
}

// unknown reports that nobody is signed in only because that could not be checked.
func unknown(a *authctx.Auth) bool {
	switch a.Reason() {
	case wire.ReasonJWKRemoteFailedToLoad, wire.ReasonSecretKeyInvalid, wire.ReasonUnexpected:
		return true
	}
	return false
}
