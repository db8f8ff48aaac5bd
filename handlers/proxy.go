package handlers

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// maxProxyBody admits a profile picture; an API that wants less says so itself.
const maxProxyBody = 10 << 20

// Error codes of the proxy itself (protocol reference 8.11).
const (
	codeProxyPath   = "proxy_path_mismatch"
	codeProxyFailed = "proxy_request_failed"
)

// FrontendAPI passes requests below ProxyPath on to the instance's Frontend API, so that
// browsers find it on the app's own origin (protocol reference 8.11). Mount it for all
// methods at ProxyPath + "/*". The host it speaks to is fixed when the handlers are made;
// a path with a second spelling is refused, since it might mean something else there. An
// API that sends no answer for 30 s is answered for with 504; after two minutes a request
// ends in any case. To people who open one of its addresses, a refusal is shown as a page; a
// link with a ticket that cannot be used opens the sign-in page, which says why.
func (h *Handlers) FrontendAPI() http.Handler { return h.frontend }

func (h *Handlers) newProxy() http.Handler {
	carrier := h.cfg.Transport
	if carrier == nil {
		carrier = http.DefaultTransport
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:        h.rewrite,
		ModifyResponse: h.modifyResponse,
		ErrorHandler:   h.proxyFailed,
		Transport:      bounded{carrier},
		ErrorLog:       slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	return h.showRefusals(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(web.Requested(r).EscapedPath(), h.cfg.ProxyPath)
		if !ok || !plainPath(rest) || !strings.HasPrefix(r.RequestURI, h.cfg.ProxyPath+"/") {
			web.PrivateHeaders(w.Header())
			web.WriteErrors(w, http.StatusBadRequest, web.NewTraceID(),
				wire.Error{Code: codeProxyPath, Message: "This path is not passed on."})
			return
		}
		for _, name := range []string{wire.CookieClient + "_" + h.suffix, wire.CookieClient} {
			same := r.CookiesNamed(name)
			if slices.ContainsFunc(same, func(c *http.Cookie) bool { return c.Value != same[0].Value }) {
				web.DeleteTossed(w.Header(), r, h.secure, true, name) // a neighbor set one, and neither counts
			}
		}
		r = unparsed(r)
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, maxProxyBody)
		}
		proxy.ServeHTTP(w, r)
	})
}

// unparsed gives a form that a middleware has parsed its body back. A form with files stays as
// it is: nobody parses those by the way.
func unparsed(r *http.Request) *http.Request {
	if len(r.PostForm) == 0 || r.MultipartForm != nil {
		return r
	}
	body := r.PostForm.Encode()
	r = r.WithContext(r.Context())
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(strings.NewReader(body)), int64(len(body)), nil
	r.Header = r.Header.Clone()
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// plainPath reports a path, escaped as it came, that everybody reads in the same way: no
// empty, dot or encoded-slash segments, no backslashes, no encoded control characters.
func plainPath(p string) bool {
	lower := strings.ToLower(p)
	for _, bad := range []string{"//", `\`, "%2f", "%5c", "%2e", "%25"} {
		if strings.Contains(lower, bad) {
			return false
		}
	}
	decoded, err := url.PathUnescape(p)
	if err != nil || strings.ContainsFunc(decoded, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	clean := path.Clean(decoded)
	return len(p) > 1 && p[0] == '/' && (clean == decoded || clean+"/" == decoded)
}

// rewrite makes the request to the instance. It runs after hop-by-hop fields, those that
// Connection names, and all X-Forwarded ones were removed.
func (h *Handlers) rewrite(pr *httputil.ProxyRequest) {
	out := pr.Out
	out.URL.Scheme, out.URL.Host, out.Host = h.target.Scheme, h.target.Host, h.target.Host
	asked := web.Requested(pr.In)
	out.URL.Path = h.target.Path + strings.TrimPrefix(asked.Path, h.cfg.ProxyPath)
	out.URL.RawPath = h.target.EscapedPath() + strings.TrimPrefix(asked.EscapedPath(), h.cfg.ProxyPath)
	header := out.Header
	for name := range header {
		if strings.ContainsRune(name, '_') { // some servers read X_Forwarded_For as X-Forwarded-For
			delete(header, name)
		}
	}
	for _, name := range []string{"Connection", "Upgrade", "X-Real-Ip", "True-Client-Ip", "X-Client-Ip", "X-Original-Url", "X-Rewrite-Url"} {
		delete(header, name)
	}
	scheme, host, _ := strings.Cut(h.cfg.PublicOrigin, "://")
	header.Set(wire.HeaderProxyURL, h.cfg.PublicOrigin+h.cfg.ProxyPath)
	header.Set(wire.HeaderSecretKey, h.cfg.SecretKey)
	header.Set("X-Forwarded-Host", host)
	header.Set("X-Forwarded-Proto", scheme)
	header.Set("Accept-Encoding", "identity")
	if ip := h.clientAddress(pr.In); ip.IsValid() {
		header.Set("X-Forwarded-For", ip.String())
	}
}

// modifyResponse leads redirects on the instance's host back under the proxy and keeps
// what is personal out of caches: everything but key sets, scripts, and pictures, which
// are for whoever knows their address.
func (h *Handlers) modifyResponse(res *http.Response) error {
	location, err := res.Location() // relative to what was asked for (RFC 9110 §10.2.2)
	if err == nil && location.Host == h.target.Host {
		if path, below := strings.CutPrefix(location.EscapedPath(), h.target.EscapedPath()); below && (path == "" || path[0] == '/') {
			res.Header.Set("Location", h.cfg.PublicOrigin+h.cfg.ProxyPath+path+tail(location))
		}
	}
	p := strings.TrimPrefix(res.Request.URL.Path, h.target.Path)
	shown := strings.HasPrefix(p, "/v1/images/") && res.StatusCode == http.StatusOK
	if !shown && !strings.HasPrefix(p, "/.well-known/") && !strings.HasPrefix(p, "/npm/") {
		web.PrivateHeaders(res.Header)
	}
	return nil
}

func tail(u *url.URL) string {
	s := ""
	if u.RawQuery != "" {
		s = "?" + u.RawQuery
	}
	if u.Fragment != "" {
		s += "#" + u.EscapedFragment()
	}
	return s
}

func (h *Handlers) proxyFailed(w http.ResponseWriter, r *http.Request, err error) {
	web.PrivateHeaders(w.Header())
	trace := web.NewTraceID()
	status, answer := proxyFault(err)
	if status >= http.StatusInternalServerError {
		h.log.WarnContext(r.Context(), "frontend api not reached", "err", err, "trace_id", trace)
	}
	web.WriteErrors(w, status, trace, answer)
}

// proxyFault is what the browser is told of a failure, which may be its own.
func proxyFault(err error) (int, wire.Error) {
	var tooLarge *http.MaxBytesError
	var broken *brokenOff
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, wire.Error{Code: wire.CodeBodyTooLarge, Message: "The request is too large."}
	case errors.As(err, &broken) && errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, wire.Error{Code: wire.CodeRequestBodyInvalid, Message: "The request took too long to arrive."}
	case errors.As(err, &broken):
		return http.StatusBadRequest, wire.Error{Code: wire.CodeRequestBodyInvalid, Message: "The request did not arrive whole."}
	case errors.Is(err, errSlow):
		return http.StatusGatewayTimeout, wire.Error{Code: codeProxyFailed, Message: "The sign-in service does not answer."}
	}
	return http.StatusBadGateway, wire.Error{Code: codeProxyFailed, Message: "The sign-in service cannot be reached."}
}
