package identity

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// endpoint answers one method of one route. It writes nothing itself: what it returns
// is encoded, and an error becomes the envelope.
type endpoint func(*call) (any, error)

// methods are the endpoints of a route by method; routes are they by [http.ServeMux]
// pattern without a method.
type (
	methods map[string]endpoint
	routes  map[string]methods
)

// join makes one table of several. A later one does not replace what an earlier one has:
// the same route twice is a mistake, and panics at the start.
func join(parts ...routes) routes {
	all := routes{}
	for _, part := range parts {
		for pattern, ms := range part {
			if _, ok := all[pattern]; ok {
				panic("identity: route " + pattern + " is there twice")
			}
			all[pattern] = ms
		}
	}
	return all
}

// notBuilt are documented routes that answer 501.
func notBuilt(patterns ...string) routes {
	rs := routes{}
	for _, pattern := range patterns {
		rs[pattern] = everyMethod(notImplemented)
	}
	return rs
}

// call is one request being answered.
type call struct {
	*Service
	w        http.ResponseWriter
	r        *http.Request
	query    url.Values
	form     form      // of a Frontend API request with a body
	method   string    // the request's, unless _method says which one is meant
	ref      clientRef // what the __client cookie claims; zero without a genuine one
	caller   caller
	trusted  bool      // who asks has the secret key
	now      time.Time // one time for the whole request: uat ≤ iat holds by construction
	traceID  string
	session  Session          // that the request acts in, once it is known
	recorded []AuditEvent     // by the transaction that runs
	places   mail.Reservation // for mail
	errands  []mail.Errand    // mail that is sent after the answer
	began    string           // the attempt that the request begins or asks a code for; "" for none
	finished string           // the attempt that the request finishes; "" for none
	tried    string           // the normalized address whose password the request tries; "" for none
	proved   string           // whose secret the request showed, by id; "" for nobody's
}

// redirect is an endpoint's answer that sends the browser elsewhere.
type redirect struct{ url string }

// noContent is an endpoint's answer without a body.
type noContent struct{}

// api is one of the two HTTP APIs.
type api struct {
	*Service
	mux     *http.ServeMux
	prepare func(*call) error // checks that come before every endpoint
}

func (s *Service) newAPI(prepare func(*call) error, rs routes) http.Handler {
	a := &api{Service: s, mux: http.NewServeMux(), prepare: prepare}
	for pattern, ms := range rs {
		a.mux.Handle(pattern, a.route(ms))
	}
	a.mux.Handle("/", a.route(nil))
	return a
}

// ServeHTTP routes without the redirects of ServeMux: a path has one spelling. A final
// slash is part of a pattern, where browser clients send one.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p := r.URL.Path; p == "" || p[0] != '/' || !storable(p) || path.Clean(p) != p && path.Clean(p)+"/" != p {
		a.route(nil).ServeHTTP(w, r)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// route answers everything about one pattern; nil methods mean that there is no such route.
func (a *api) route(ms methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Service: a.Service, w: w, r: r, method: r.Method, now: a.now(), traceID: web.NewTraceID()}
		c.caller = a.caller(r)
		defer c.sendPosted()
		defer c.recover()
		web.PrivateHeaders(w.Header())
		w.Header().Set(wire.HeaderTraceID, c.traceID)
		answer, err := a.answer(c, ms)
		c.write(answer, err)
	})
}

func (a *api) answer(c *call, ms methods) (any, error) {
	var queryErr error // what could not be parsed is not ignored
	c.query, queryErr = url.ParseQuery(c.r.URL.RawQuery)
	if err := a.prepare(c); err != nil {
		return nil, err
	}
	if queryErr != nil {
		return nil, malformed("The query is not encoded correctly.")
	}
	if ms == nil {
		return nil, notFound()
	}
	method := c.method
	if method == http.MethodOptions {
		c.w.Header().Set("Allow", ms.allow())
		return noContent{}, nil
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	next, ok := ms[method]
	if !ok {
		c.w.Header().Set("Allow", ms.allow())
		return nil, refuse(http.StatusMethodNotAllowed, wire.CodeMethodNotAllowed, "This method is not allowed here.")
	}
	return next(c)
}

// storable reports text that every store can keep and compare.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func (ms methods) allow() string {
	var names []string
	for m := range ms {
		names = append(names, m)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// write sends an endpoint's answer.
func (c *call) write(answer any, err error) {
	if err != nil {
		c.writeError(err)
		return
	}
	switch a := answer.(type) {
	case redirect:
		c.w.Header().Set("Location", a.url)
		c.w.WriteHeader(http.StatusTemporaryRedirect)
	case noContent:
		c.w.WriteHeader(http.StatusNoContent)
	case servedImage:
		a.write(c.w)
	default:
		web.WriteJSON(c.w, http.StatusOK, answer)
	}
}

func (c *call) writeError(err error) {
	answer, internal := public(err)
	attrs := []any{"status", answer.status, "code", answer.errs[0].Code, "route", c.r.Pattern, "trace_id", c.traceID}
	if internal {
		c.log.ErrorContext(c.r.Context(), "request failed", append(attrs, "err", err)...)
	} else {
		c.log.DebugContext(c.r.Context(), "request refused", attrs...)
	}
	if answer.retryAfter > 0 {
		c.w.Header().Set("Retry-After", decimal(int(answer.retryAfter/time.Second)))
	}
	if answer.signedOut {
		c.clearSignedIn()
	}
	web.WriteErrors(c.w, answer.status, c.traceID, answer.errs...)
}

// recover turns a panic into a plain 500; other requests go on.
func (c *call) recover() {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	c.log.ErrorContext(c.r.Context(), "panic", "panic", p, "route", c.r.Pattern, "trace_id", c.traceID,
		"stack", string(debug.Stack()))
	c.writeError(refuse(http.StatusInternalServerError, wire.CodeInternal, "Something went wrong."))
}

// notImplemented answers documented routes that this service does not have.
func notImplemented(*call) (any, error) {
	return nil, refuse(http.StatusNotImplemented, wire.CodeNotImplemented, "This service does not implement this endpoint.")
}

func everyMethod(e endpoint) methods {
	return methods{"GET": e, "POST": e, "PUT": e, "PATCH": e, "DELETE": e}
}
