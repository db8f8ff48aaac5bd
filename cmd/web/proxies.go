package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-chi/chi/v5/middleware"
)

// parseTrustedProxies reads a list of networks and addresses. Whoever is in one of them
// may say where a request came from, so a network of everybody is refused.
func parseTrustedProxies(list string) ([]string, error) {
	var prefixes []string
	var errs []error
	for item := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(item)
		if addr, addrErr := netip.ParseAddr(item); addrErr == nil && addr.Zone() == "" {
			p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		switch {
		case err != nil, p.Addr().Is4In6(): // peers are compared in their IPv4 form
			errs = append(errs, fmt.Errorf("-trusted-proxies has %q: write addresses or networks, such as 10.0.0.5 or 10.0.0.0/8, with commas between them", item))
		case p.Bits() == 0:
			errs = append(errs, fmt.Errorf("-trusted-proxies has %q, which is everybody: anyone could then claim any address, so name the proxies", item))
		default:
			prefixes = append(prefixes, p.Masked().String())
		}
	}
	return prefixes, errors.Join(errs...)
}

// clientAddress puts the client's address into RemoteAddr where a trusted proxy sent the
// request, so that rate limits and records of activity count people rather than the
// proxy. X-Forwarded-For is walked from the right, past trusted proxies, to the first
// address that is not one; what stands left of it was written by the client. A field that
// is absent or garbled leaves the peer's address. Nothing but the address is taken over:
// host and scheme are those of the public origin, whatever a proxy says.
func clientAddress(trusted []string, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	return middleware.ClientIPFromXFF(trusted...)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ip := middleware.GetClientIPAddr(r.Context()); ip.IsValid() {
			r = r.WithContext(r.Context()) // a copy: the server's own request stays as it is
			r.RemoteAddr = netip.AddrPortFrom(ip, 0).String()
		}
		next.ServeHTTP(w, r)
	}))
}
