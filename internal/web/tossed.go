package web

import (
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
)

// tossedBytes bounds the deletions in one response: proxies commonly accept response
// headers of 4 kB. The path "/" is always among them; where there is no room for all of the
// others, each response begins with another one.
const tossedBytes = 2560

// DeleteTossed adds deletions to h for copies of the named cookies that another host or
// path could have set for the address of r: every parent domain of the host, and every
// path that the address is below. The cookies that this module sets, which have no
// Domain and the path "/", are not deleted. Those with the host as Domain and that path, which
// some clients that are not browsers take for the same, are only deleted when again says that
// the module's own are about to be set again, or are lost to the person as they are. The
// deletions come before all cookies that are in h already, so that those remain.
func DeleteTossed(h http.Header, r *http.Request, secure, again bool, names ...string) {
	domains, paths := cookieDomains(r.Host), cookiePaths(Requested(r).EscapedPath())
	lines, whole := deletions(domains, paths, secure, again, names)
	if deep := paths[1:]; !whole && len(deep) > 0 {
		first := rand.IntN(len(deep)) //nolint:gosec // any will do
		lines, _ = deletions(domains, slices.Concat(paths[:1], deep[first:], deep[:first]), secure, again, names)
	}
	if len(lines) > 0 {
		h["Set-Cookie"] = append(lines, h["Set-Cookie"]...)
	}
}

// deletions are as many as there is room for: those of the first path come first, and those
// of partitioned cookies last. whole reports that there is room for all but the latter.
func deletions(domains, paths []string, secure, again bool, names []string) (lines []string, whole bool) {
	room := tossedBytes
	whole = true
	for _, partitioned := range []bool{false, true} {
		for _, path := range paths {
			for _, domain := range domains {
				for _, name := range names {
					ours := path == "/" && (domain == "" || len(domains) > 1 && domain == domains[1] && !again)
					if ours || partitioned && !secure {
						continue
					}
					c := http.Cookie{Name: name, Path: path, Domain: domain, MaxAge: -1, Secure: secure, Partitioned: partitioned, SameSite: http.SameSiteLaxMode} //nolint:gosec // it deletes
					line := c.String()
					if len(line) > room {
						whole = whole && partitioned
						continue
					}
					if line != "" {
						lines, room = append(lines, line), room-len(line)
					}
				}
			}
		}
	}
	return lines, whole
}

// cookieDomains are the Domain attributes with which a cookie is sent to host, "" for none
// first. Browsers ignore those that are public suffixes.
func cookieDomains(host string) []string {
	const most = 4
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	domains := []string{""}
	if net.ParseIP(strings.Trim(host, "[]")) != nil {
		return domains
	}
	for strings.Contains(host, ".") && len(domains) <= most {
		domains = append(domains, host)
		_, host, _ = strings.Cut(host, ".")
	}
	return domains
}

// cookiePaths are the Path attributes with which a cookie is sent to path (RFC 6265
// §5.1.4), the shortest first.
func cookiePaths(path string) []string {
	const most = 12
	paths := []string{"/"}
	for i := 1; i < len(path) && len(paths) < most; i++ {
		if path[i] == '/' {
			paths = append(paths, path[:i], path[:i+1])
		}
	}
	if last := paths[len(paths)-1]; len(paths) < most && path != last {
		paths = append(paths, path)
	}
	return paths
}
