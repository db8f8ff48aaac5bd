package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/usherauth/usher/internal/web"
)

// parseAllowedOrigins reads the origins of other apps that use this instance. Their pages
// may act for whoever is signed in, so each is named whole, and beside an https origin
// none may be http: whoever can write into that page would have the session.
func parseAllowedOrigins(list, public string) ([]string, error) {
	var origins []string
	var errs []error
	for item := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		origin, ok := web.Origin(item)
		switch {
		case !ok || origin != item || strings.Contains(item, "*"):
			errs = append(errs, fmt.Errorf("-allowed-origins has %q: write scheme and host in lower case, without a path, final slash or wildcard, such as https://shop.example.com, with commas between them", item))
		case strings.HasPrefix(public, "https://") && strings.HasPrefix(item, "http://"):
			errs = append(errs, fmt.Errorf("-allowed-origins has %q, which is not encrypted, beside -origin %s: serve that app over https too", item, public))
		default:
			origins = append(origins, origin)
		}
	}
	return origins, errors.Join(errs...)
}

// sharingCookies are those of allowed that differ from public in the port alone. Browsers
// keep one set of cookies for all ports of a host (RFC 6265 §8.5), so the token that a
// page there asked for comes here too, with that page as its azp. Tokens for an app on
// another host have no business here.
func sharingCookies(allowed []string, public string) []string {
	var origins []string
	for _, origin := range allowed {
		a, _ := url.Parse(origin) // were checked
		if p, _ := url.Parse(public); a.Hostname() == p.Hostname() {
			origins = append(origins, origin)
		}
	}
	return origins
}
