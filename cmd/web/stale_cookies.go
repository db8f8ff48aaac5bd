package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// On a developer's machine every throw-away instance leaves cookies on localhost, whose
// names end in the instance's suffix and which live a year. Browsers send them to every
// port, until the headers are too long for a server.
const (
	// maxLocalHeaderBytes is what a server on this machine reads of a request's headers.
	// What is longer than maxHeaderBytes gets a page that says what to do.
	maxLocalHeaderBytes = 64 << 10
	liveInstances       = 4 // suffixes besides this instance's whose cookies stay: they may be in use
	staleDeleted        = 48
)

// suffixedCookies are the cookies of an instance whose names end in its suffix.
var suffixedCookies = []string{
	wire.CookieSession, wire.CookieClientUAT, wire.CookieClient, wire.CookieRefresh, wire.CookieDevBrowser, "__usher_visit", "__usher_bounce",
}

// suffixLength is that of [wire.CookieSuffix].
const suffixLength = 8

// cutSuffix splits the name of a cookie that belongs to an instance.
func cutSuffix(name string) (suffix string, ok bool) {
	for _, plain := range suffixedCookies {
		rest, found := strings.CutPrefix(name, plain+"_")
		if found && len(rest) == suffixLength && strings.IndexFunc(rest, notBase64URL) < 0 {
			return rest, true
		}
	}
	return "", false
}

func notBase64URL(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// staleCookies are the names of cookies that other instances left behind. Browsers send the
// oldest first, so those of the last few instances are kept.
func staleCookies(lines []string, own string) (names []string) {
	var suffixes, met []string
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
			suffix, ok := cutSuffix(name)
			if !ok || suffix == own || slices.Contains(met, name) {
				continue
			}
			met = append(met, name)
			if !slices.Contains(suffixes, suffix) {
				suffixes = append(suffixes, suffix)
			}
		}
	}
	if len(suffixes) <= liveInstances {
		return nil
	}
	stale := suffixes[:len(suffixes)-liveInstances]
	for _, name := range met {
		if suffix, _ := cutSuffix(name); slices.Contains(stale, suffix) && len(names) < staleDeleted {
			names = append(names, name)
		}
	}
	return names
}

// tidyCookies deletes cookies of instances that are gone, and answers 431 when the headers
// are too long all the same. It is for servers on a loopback address alone: anywhere else a
// cookie with another suffix belongs to somebody.
func (a *app) tidyCookies(origin string, next http.Handler) http.Handler {
	if !onThisMachine(origin) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := headerBytes(r.Header)
		if size <= maxHeaderBytes/4 {
			next.ServeHTTP(w, r)
			return
		}
		stale := staleCookies(r.Header["Cookie"], a.suffix)
		for _, name := range stale {
			w.Header().Add("Set-Cookie", name+"=; Path=/; Max-Age=0")
		}
		if size <= maxHeaderBytes {
			next.ServeHTTP(w, r)
			return
		}
		message := "Your browser sends more cookies than this server reads. Delete the cookies of this site in the browser's settings, then reload the page."
		if len(stale) > 0 {
			message = "Your browser sent more cookies than this server reads. Cookies that earlier instances left behind were deleted. Reload the page."
		}
		a.tooLarge(w, r, message)
	})
}

// onThisMachine reports an origin on a loopback address.
func onThisMachine(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && loopback(u.Hostname())
}

// headerBytes is about the length of the header fields on the wire.
func headerBytes(h http.Header) (n int) {
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}

// tooLarge is the answer to headers that are too long.
func (a *app) tooLarge(w http.ResponseWriter, r *http.Request, message string) {
	w.Header().Set("Cache-Control", "no-store")
	a.policy.document(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.pages.ErrorPage(w, r, http.StatusRequestHeaderFieldsTooLarge, message)
	})).ServeHTTP(w, r)
}
