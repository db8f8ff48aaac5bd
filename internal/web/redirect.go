package web

import (
	"net/url"
	"strings"
)

// maxReturn bounds a return URL. Servers commonly take 8 KiB of path and query.
const maxReturn = 8<<10 + 512

// SafeReturn reports whether target, decoded exactly once, may be followed after
// sign-in or sign-out, and returns it unchanged if so. A path must stay on this origin
// for a browser's URL parser, which folds backslashes, drops tabs and resolves dot
// segments; an absolute URL must be on origin ("https://app.example.com") or match one
// of allowed, where "https://*.example.com" stands for exactly one more label. All else,
// "" included, is refused (RFC 9700 §4.11).
func SafeReturn(target, origin string, allowed []string) (string, bool) {
	if target == "" || len(target) > maxReturn || strings.HasPrefix(target, "//") || strings.ContainsFunc(target, unsafeRune) {
		return "", false
	}
	u, err := url.Parse(target)
	if err != nil || u.User != nil || u.Opaque != "" {
		return "", false
	}
	if escapesPath(u.EscapedPath()) {
		return "", false
	}
	if strings.HasPrefix(target, "/") {
		return target, u.Scheme == "" && u.Host == ""
	}
	if u.Host == "" {
		return "", false
	}
	for _, o := range append([]string{origin}, allowed...) {
		if o != "" && sameOrigin(u, o) {
			return target, true
		}
	}
	return "", false
}

// unsafeRune names the characters that URL parsers disagree about, or that end a header.
func unsafeRune(r rune) bool {
	return r <= ' ' || r == 0x7f || r == '\\' || (0x80 <= r && r <= 0xa0) || r == '\ufeff' || r == '\ufffd'
}

// escapesPath reports a path that begins with // once dot segments are resolved, spelled
// plainly or as %2e.
func escapesPath(path string) bool {
	var out []string
	for _, seg := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		switch strings.ReplaceAll(strings.ToLower(seg), "%2e", ".") {
		case ".":
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, seg)
		}
	}
	return len(out) > 1 && out[0] == ""
}

// sameOrigin compares scheme, host and port; the port defaults by scheme.
func sameOrigin(u *url.URL, origin string) bool {
	o, err := url.Parse(origin)
	if err != nil || !strings.EqualFold(u.Scheme, o.Scheme) || port(u) != port(o) {
		return false
	}
	host, want := strings.ToLower(u.Hostname()), strings.ToLower(o.Hostname())
	if rest, ok := strings.CutPrefix(want, "*."); ok {
		label, parent, ok := strings.Cut(host, ".")
		return ok && label != "" && parent == rest
	}
	return host == want
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	switch strings.ToLower(u.Scheme) {
	case "http":
		return "80"
	case "https":
		return "443"
	}
	return ""
}

// Origin returns the origin of an http or https URL as browsers serialise it: lower
// case, other scripts in Punycode, no default port. ok is false for anything else.
func Origin(rawURL string) (origin string, ok bool) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.User != nil {
		return "", false
	}
	scheme := strings.ToLower(u.Scheme)
	if scheme != "http" && scheme != "https" {
		return "", false
	}
	host := asciiHost(u.Host)
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
	return scheme + "://" + host, true
}
