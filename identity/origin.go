package identity

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// origins decides which pages may make state-changing requests.
type origins struct {
	public  string
	allowed []string
	secure  bool // the public origin is https
}

func newOrigins(public string, allowed []string) origins {
	return origins{public: public, allowed: slices.Clone(allowed), secure: strings.HasPrefix(public, "https://")}
}

// knows reports the public origin or an allowed one, compared as browsers spell them.
func (o origins) knows(origin string) bool {
	return origin == o.public || slices.Contains(o.allowed, origin)
}

// check refuses a state-changing request that a page of another origin made. The rules
// are those of [http.CrossOriginProtection], stricter in two points: behind a proxy the
// Host header is not the page's, so it proves nothing, and a foreign Origin is refused
// whatever Sec-Fetch-Site says. Without either header the request is let pass: no
// browser of this decade omits both.
func (o origins) check(r *http.Request) error {
	given := r.Header.Values("Origin")
	if len(given) > 1 || len(given) == 1 && !o.knows(given[0]) {
		return refuse(http.StatusForbidden, wire.CodeOriginInvalid, "Requests from this origin are not allowed.")
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return nil
	}
	if len(given) == 1 && slices.Contains(o.allowed, given[0]) {
		return nil
	}
	return refuse(http.StatusForbidden, wire.CodeOriginInvalid, "Cross-site requests are not allowed.")
}

// cors lets scripts of allowed origins read the answer; others get no header at all.
func (o origins) cors(h http.Header, r *http.Request) {
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(o.allowed, origin) {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "600")
	}
}

// caller is who sent a request, as far as the network tells.
type caller struct {
	ip  netip.Addr // zero when unknown
	azp string     // origin the request was made for
}

// caller applies the proxy contract of protocol reference 8.11. Forwarded addresses are
// believed only from a proxy that knows the secret key, and then only the last one, which
// that proxy wrote itself. A proxy that names no readable address leaves it unknown: its
// own address is nobody's.
func (s *Service) caller(r *http.Request) caller {
	c := caller{azp: s.origins.public}
	c.ip, _ = web.ParseAddress(r.RemoteAddr)
	if s.instance.secret.Equal(r.Header.Get(wire.HeaderSecretKey)) {
		if last := lastForwarded(r.Header.Values("X-Forwarded-For")); last != "" {
			c.ip = s.forwarded(r, last)
		} else if r.Header.Get(wire.HeaderProxyURL) != "" {
			c.ip = netip.Addr{}
		}
		if origin, ok := web.Origin(r.Header.Get(wire.HeaderProxyURL)); ok && s.origins.knows(origin) {
			c.azp = origin
		}
	}
	if origin := r.Header.Get("Origin"); s.origins.knows(origin) {
		c.azp = origin
	}
	return c
}

// forwarded reads what a proxy wrote, which is the zero Addr when it is not an address.
func (s *Service) forwarded(r *http.Request, entry string) netip.Addr {
	addr, ok := web.ParseAddress(entry)
	if !ok && s.saidForwarded.CompareAndSwap(false, true) {
		s.log.WarnContext(r.Context(), "the last entry of X-Forwarded-For from a proxy with the secret key is not an address: all of its clients share one rate limit; let the proxy write the client's address there",
			"entry", entry[:min(len(entry), 64)], "peer", r.RemoteAddr)
	}
	return addr
}

func lastForwarded(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	last := lines[len(lines)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
}

// network is the rate-limit key: the address, or the /64 of an IPv6 one, within which a
// single customer can choose addresses freely.
func (c caller) network() string {
	if !c.ip.IsValid() {
		return "unknown"
	}
	if c.ip.Is6() {
		return web.NetworkOf(c.ip).String()
	}
	return c.ip.String()
}

// address is for records and logs; "" when unknown.
func (c caller) address() string {
	if !c.ip.IsValid() {
		return ""
	}
	return c.ip.String()
}
