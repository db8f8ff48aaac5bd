package web

import (
	"net/http"
	"net/url"
	"strings"
)

// Requested is the path and the query that the browser asked for. The URL of r is what is
// left of it for a handler, which differs below [http.StripPrefix] and wherever else a
// path is rewritten; an address that the browser shall come back to is made from this one.
// It has neither scheme nor host. Requests that did not come from a server, and those
// without a path, such as CONNECT, have their URL returned. The result is not to be changed.
func Requested(r *http.Request) *url.URL {
	target := r.RequestURI
	if target == "" || r.URL == nil || asked(r.URL, target) {
		return r.URL
	}
	u, err := url.ParseRequestURI(target)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return r.URL
	}
	u.Scheme, u.Host, u.User = "", "", nil
	return u
}

// asked reports the usual case, where u was read from target and not changed, without
// taking memory.
func asked(u *url.URL, target string) bool {
	rest, ok := strings.CutPrefix(target, u.Path)
	if !ok || u.RawPath != "" || u.Host != "" {
		return false
	}
	if u.RawQuery == "" && !u.ForceQuery {
		return rest == ""
	}
	return len(rest) == len(u.RawQuery)+1 && rest[0] == '?' && rest[1:] == u.RawQuery
}
