package authctx

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/usherauth/usher/internal/web"
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
	// KindPart is a request for a part of a page by a Turbo frame, a form that takes Turbo
	// streams, alpine-ajax or Unpoly, which their header fields tell apart: 401 with what
	// the library puts into the page, so that the whole document is redirected.
	KindPart
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
	case restores(h):
		return KindDocument
	case h.Get("HX-Request") == "true":
		return KindHTMX
	case fromAlpine(h), fromUnpoly(h), h.Get("Turbo-Frame") != "", strings.Contains(h.Get("Accept"), turboStream):
		return KindPart
	case navigates(h):
		return KindDocument
	case r.Method == http.MethodGet && strings.EqualFold(h.Get("Accept"), "text/event-stream") && h.Get("Authorization") == "":
		return KindEvents // EventSource; what can send more than it can read a status too
	}
	return KindAPI
}

func fromAlpine(h http.Header) bool { return h.Get("X-Alpine-Request") == "true" }
func fromUnpoly(h http.Header) bool { return h.Get("X-Up-Version") != "" }

// turboStream is the media type of Turbo streams.
const turboStream = "text/vnd.turbo-stream.html"

// restores reports a request of htmx 2 for a page that its history does not have any more.
// It shows whatever document it gets and reads no header field. htmx 4 reads them there, too.
func restores(h http.Header) bool {
	return h.Get("HX-History-Restore-Request") == "true" && h.Get("HX-Source") == ""
}

// pageKind is the kind on a route that serves pages: a document unless the request says
// that it is something else. A browser says so of what scripts fetch; the visits of Turbo
// are documents that a script fetches.
func pageKind(r *http.Request) Kind {
	h := r.Header
	kind := kindOf(r)
	if scripted(h) && h.Get("X-Turbo-Request-Id") == "" {
		if kind == KindDocument && !restores(h) {
			return KindAPI
		}
		return kind
	}
	if kind == KindAPI {
		return KindDocument
	}
	return kind
}

// scripted reports a request whose answer a script gets, or an element such as an image.
func scripted(h http.Header) bool {
	mode, dest := h.Get("Sec-Fetch-Mode"), h.Get("Sec-Fetch-Dest")
	if mode == "" && dest == "" {
		return h.Get("X-Requested-With") == "XMLHttpRequest"
	}
	return mode != "navigate" && dest != "document" && dest != "iframe"
}

// navigates reports a browser that will show the answer as a page (protocol reference 6.3).
// A service worker that fetches a page for it has another destination.
func navigates(h http.Header) bool {
	dest := h.Get("Sec-Fetch-Dest")
	if dest == "document" || dest == "iframe" || h.Get("Sec-Fetch-Mode") == "navigate" {
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

// signInFor is the sign-in page with the way back to where the person is. A part of the
// sign-in or sign-up page itself redirects nobody: the page would load it again for ever.
func signInFor(r *http.Request, kind Kind) string {
	in := ownerOf(r.Context()).inst
	if samePage(web.Requested(r).Path, in.signIn, in.publicOrigin) {
		return ""
	}
	isPart := kind == KindDatastar || kind == KindPart || kind == KindHTMX && r.Header.Get("HX-Boosted") != "true"
	if page := currentPage(r); isPart && page != nil && in.leadsIn(page.Path) {
		return ""
	}
	return SignInURL(r.Context(), wayBack(r, kind, in))
}

// wayBack is the address of the page the person sees, "" where that is unknown: parts,
// streams and calls of a page are no pages to come back to, and neither is the answer to
// a form. Nor are the pages that lead here (security row R08). It is not checked yet.
func wayBack(r *http.Request, kind Kind, in *instance) string {
	asked, read := web.Requested(r), r.Method == http.MethodGet || r.Method == http.MethodHead
	isPage := read && (kind == KindDocument || kind == KindHTMX && r.Header.Get("HX-Boosted") == "true")
	if page := currentPage(r); page != nil && !isPage {
		if in.leadsIn(page.Path) {
			return ""
		}
		if in.publicOrigin == "" {
			return page.RequestURI()
		}
		return page.String()
	}
	if !isPage && (kind != KindHTMX || !read || r.Header.Get("HX-Current-URL") != "") || in.leadsIn(asked.Path) {
		return ""
	}
	return asked.RequestURI()
}

// leadsIn reports the pages that people sign in through.
func (in *instance) leadsIn(path string) bool {
	return samePage(path, in.signIn, in.publicOrigin) || samePage(path, in.signUp, in.publicOrigin) || strings.HasPrefix(path, wire.ProxyPath+"/")
}

// currentPage is the page of this origin that sent the request, as the browser or htmx says;
// nil when neither does.
func currentPage(r *http.Request) *url.URL {
	owner := ownerOf(r.Context())
	for _, address := range []string{r.Header.Get("HX-Current-URL"), r.Header.Get("Referer")} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil {
			continue
		}
		if origin, ok := web.Origin(address); ok && owner.own(r, []string{origin}) {
			return u
		}
	}
	return nil
}

// samePage reports that path is the page at address, a path or a URL on origin.
func samePage(path, address, origin string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" && u.Scheme+"://"+u.Host != origin {
		return false
	}
	return strings.TrimSuffix(path, "/") == strings.TrimSuffix(u.Path, "/")
}
