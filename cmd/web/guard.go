package main

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/wire"
)

// Addresses of pages are bounded, and so are those of the handshake, which hold another one.
const (
	maxURL       = 8 << 10
	maxHandshake = 12 << 10
)

// requestGuard refuses what no route takes, before anything looks at it.
func requestGuard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			// net/http keeps a connection open after a request with both lengths, which
			// invites smuggling behind a careless proxy (RFC 9112 §6.1).
			w.Header().Set("Connection", "close")
		}
		switch {
		case !knownMethod(r.Method):
			w.Header().Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
			http.Error(w, "This method is not allowed.", http.StatusMethodNotAllowed)
		case r.URL.Opaque != "" || r.URL.Path == "*":
			// "GET x:y" is no address of anything here, and behind an origin in a redirect
			// "@evil.example" would be read as a host (RFC 9112 §3.2).
			http.Error(w, "This is not an address of a page.", http.StatusBadRequest)
		case len(r.RequestURI) > maxURL && (len(r.RequestURI) > maxHandshake || r.URL.Path != wire.ProxyPath+"/v1/client/handshake"):
			http.Error(w, "This address is too long.", http.StatusRequestURITooLong)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// knownMethod leaves out TRACE and CONNECT. Methods are case-sensitive (RFC 9110 §9.1).
func knownMethod(m string) bool {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return true
	}
	return false
}

// policy are the security headers of one configuration. The slices are shared by all
// responses: net/http and its users replace header values and never write into them.
type policy struct {
	fixed      map[string][]string
	beforeCSP  string // up to the nonce
	afterNonce string
}

// newPolicy makes the headers for a public origin. frontendAPI is the origin that
// scripts call when it is not the app's own, "" otherwise; allowed are those of other apps.
func newPolicy(origin, frontendAPI string, allowed []string) *policy {
	extra := ""
	if frontendAPI != "" {
		extra = " " + frontendAPI
	}
	// form-action also counts for redirects after a form: with a Frontend API elsewhere
	// a page that follows one may have to renew the session there, and sign-in leads back
	// to the other app that asked for it.
	actions := strings.Join(append([]string{"'self'" + extra}, allowed...), " ")
	common := "; style-src 'self'; img-src 'self' data: https://img.clerk.com; connect-src 'self'" + extra +
		"; form-action " + actions + "; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
	p := &policy{
		beforeCSP:  "default-src 'none'; script-src 'nonce-",
		afterNonce: "' 'strict-dynamic'" + common + "; require-trusted-types-for 'script'",
		fixed: map[string][]string{
			"Content-Security-Policy":    {"default-src 'none'" + common},
			"X-Content-Type-Options":     {"nosniff"},
			"Referrer-Policy":            {"strict-origin-when-cross-origin"},
			"Cross-Origin-Opener-Policy": {"same-origin"},
		},
	}
	if strings.HasPrefix(origin, "https:") {
		p.fixed["Strict-Transport-Security"] = []string{"max-age=63072000"}
	}
	return p
}

// headers sets what every response carries; handlers may tighten it.
func (p *policy) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.set(w.Header())
		next.ServeHTTP(w, r)
	})
}

func (p *policy) set(h http.Header) {
	for name, value := range p.fixed {
		h[name] = value
	}
}

// document lets a page run its own scripts, by a nonce made for this response.
func (p *policy) document(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var random [16]byte
		_, _ = rand.Read(random[:]) // never fails
		nonce := base64.RawStdEncoding.EncodeToString(random[:])
		w.Header()["Content-Security-Policy"] = []string{p.beforeCSP + nonce + p.afterNonce}
		next.ServeHTTP(w, r.WithContext(templ.WithNonce(r.Context(), nonce)))
	})
}
