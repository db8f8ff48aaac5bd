package authctx

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/usherauth/usher/wire"
)

// Kind is how a request that is turned away can be answered: the kinds of protocol
// reference 6.3, and those of libraries that say who they are.
type Kind int

// The kinds of requests, and what the signed out among them get.
const (
	// KindAPI is whatever is nothing else: 401 with WWW-Authenticate and the error envelope.
	KindAPI Kind = iota
	// KindDocument is a page or frame that a browser navigates to: 303 to the sign-in page.
	KindDocument
	// KindHTMX is a request of htmx, boosted or not: 401 with HX-Redirect, which htmx
	// follows with the whole document.
	KindHTMX
	// KindDatastar is a request of Datastar: 200, for it reads no other answer, with an
	// event that patches a refresh to the sign-in page into the document's head. That is
	// not a script, so it works under every content security policy.
	KindDatastar
	// KindEvents is an EventSource: 200, because it shows scripts no other answer, with one
	// event named auth whose data is {"status":401,"signInUrl":"…"}; the status is 403 or
	// 503 there when the denial is. Then the stream ends. Programs that read streams by
	// other means see statuses and are KindAPI.
	KindEvents
	// KindWebSocket is a WebSocket: closed right after the handshake with code 4401, 4403
	// or 4503, because browsers show scripts no status. Other origins than the app's own
	// are refused before the handshake and learn nothing.
	KindWebSocket
)

// kindOf tells the kind by headers alone; the path is never looked at. What could be two
// kinds is the one whose sender says so most plainly.
func kindOf(r *http.Request) Kind {
	h := r.Header
	switch {
	case r.Method == http.MethodGet && lists(h, "Upgrade", "websocket"):
		return KindWebSocket
	case h.Get("Datastar-Request") == "true":
		return KindDatastar
	case h.Get("HX-Request") == "true":
		return KindHTMX
	case navigates(h):
		return KindDocument
	case r.Method == http.MethodGet && strings.EqualFold(h.Get("Accept"), "text/event-stream") && h.Get("Authorization") == "":
		return KindEvents // EventSource; what can send more than it can read a status too
	}
	return KindAPI
}

// pageKind is the kind on a route that serves pages.
func pageKind(r *http.Request) Kind {
	if r.Header.Get("HX-Request") == "true" {
		return KindHTMX
	}
	return KindDocument
}

// navigates reports a browser that will show the answer as a page (protocol reference 6.3).
func navigates(h http.Header) bool {
	dest := h.Get("Sec-Fetch-Dest")
	if dest == "document" || dest == "iframe" {
		return true
	}
	for _, line := range h["Accept"] {
		if strings.Contains(line, "text/html") {
			return true
		}
	}
	return false
}

// lists reports a token in a list-valued header field (RFC 9110 §5.6.1).
func lists(h http.Header, field, token string) bool {
	for _, line := range h[field] {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(part, " \t"), token) {
				return true
			}
		}
	}
	return false
}

// signInFor is the sign-in page with the way back to where the person is.
func signInFor(r *http.Request, kind Kind) string {
	in := ownerOf(r.Context()).inst
	if samePage(r.URL.Path, in.signIn, in.publicOrigin) {
		return ""
	}
	return SignInURL(r.Context(), wayBack(r, kind, in))
}

// wayBack is the address of the page the person sees, "" where that is unknown: parts,
// streams and calls of a page are no pages to come back to, and neither is the answer to
// a form. Nor are the pages that lead here (security row R08). It is not checked yet.
func wayBack(r *http.Request, kind Kind, in *instance) string {
	switch {
	case kind == KindHTMX && r.Header.Get("HX-Boosted") != "true" && r.Header.Get("HX-Current-URL") != "":
		return r.Header.Get("HX-Current-URL")
	case kind != KindDocument && kind != KindHTMX, r.Method != http.MethodGet && r.Method != http.MethodHead:
		return ""
	case samePage(r.URL.Path, in.signUp, in.publicOrigin), strings.HasPrefix(r.URL.Path, wire.ProxyPath+"/"):
		return ""
	}
	return r.URL.RequestURI()
}

// samePage reports that path is the page at address, a path or a URL on origin.
func samePage(path, address, origin string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" && u.Scheme+"://"+u.Host != origin {
		return false
	}
	return strings.TrimSuffix(path, "/") == strings.TrimSuffix(u.Path, "/")
}
