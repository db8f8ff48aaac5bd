package web

import (
	"net/http"
	"strings"
)

// privateCache and privateVary are shared by all responses: header values are replaced
// by net/http and its users, never written into.
var (
	privateCache = []string{"private, no-store"}
	privateVary  = []string{"Cookie, Authorization"}
)

// PrivateHeaders marks a response as belonging to one person, whatever a handler wrote
// before: no cache may keep it, and caches that do are told what it depends on
// (RFC 9111 §3.5, §5.2.2). Fields that would tell a content delivery network something
// else are removed (RFC 9213).
func PrivateHeaders(h http.Header) {
	h["Cache-Control"] = privateCache
	delete(h, "Cdn-Cache-Control")
	delete(h, "Surrogate-Control")
	VaryByCredentials(h)
}

// VaryByCredentials tells caches that visitors may get different responses. It changes
// nothing else.
func VaryByCredentials(h http.Header) {
	if len(h["Vary"]) == 0 {
		h["Vary"] = privateVary
		return
	}
	for _, field := range []string{"Cookie", "Authorization"} {
		if !varies(h, field) {
			h.Add("Vary", field)
		}
	}
}

func varies(h http.Header, field string) bool {
	for _, line := range h["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name == "*" || strings.EqualFold(name, field) {
				return true
			}
		}
	}
	return false
}
