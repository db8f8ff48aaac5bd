package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/usherauth/usher/internal/web"
)

// parseTrustedProxies reads a list of networks and addresses. Whoever is in one of them
// may say where a request came from, so a network of everybody is refused.
func parseTrustedProxies(list string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	var errs []error
	for item := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, ok := web.ParsePrefix(item)
		switch {
		case !ok && p.IsValid() && p.Bits() == 0:
			errs = append(errs, fmt.Errorf("-trusted-proxies has %q, which is everybody: anyone could then claim any address, so name the proxies", item))
		case !ok:
			errs = append(errs, fmt.Errorf("-trusted-proxies has %q: write addresses or networks, such as 10.0.0.5 or 10.0.0.0/8, with commas between them", item))
		default:
			prefixes = append(prefixes, p.Masked())
		}
	}
	return prefixes, errors.Join(errs...)
}
