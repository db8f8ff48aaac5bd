package web

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
)

// Clients finds the network address that a request came from. It is the address of the
// connection, unless a trusted proxy sent the request: then it is the last entry of
// X-Forwarded-For that is not a trusted proxy. Entries to the left of that one were
// written by the client and have no effect. What cannot be read is logged once, because
// all clients without an address of their own share one rate limit. Safe for concurrent
// use.
type Clients struct {
	trusted []netip.Prefix
	find    func(*http.Request) netip.Addr
	log     *slog.Logger

	saidPeer, saidNone, saidEntry, saidUntrusted, saidFound atomic.Bool
}

// NewClients returns a Clients that believes X-Forwarded-For of peers in trusted. find,
// when it is not nil, replaces that rule: its address is the client's. A nil log is silent.
func NewClients(trusted []netip.Prefix, find func(*http.Request) netip.Addr, log *slog.Logger) *Clients {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Clients{trusted: slices.Clone(trusted), find: find, log: log}
}

// Address is the client's address without port and zone, with IPv4 addresses in their
// IPv4 form. It is the zero Addr when nothing is known, as for a peer on a Unix socket.
func (c *Clients) Address(r *http.Request) netip.Addr {
	peer, known := ParseAddress(r.RemoteAddr)
	if c.find != nil {
		addr := c.find(r)
		if addr.IsValid() {
			return addr.Unmap().WithZone("")
		}
		c.warn(&c.saidFound, r, "ClientAddress returned no address: the address of the connection is used, and all clients behind one proxy share one rate limit",
			"peer", short(r.RemoteAddr))
		return peer
	}
	lines := r.Header["X-Forwarded-For"]
	switch {
	case len(c.trusted) > 0 && (!known && unixPeer(r) || known && c.trusts(peer)):
		return c.forwarded(r, lines, peer)
	case len(lines) > 0:
		c.warn(&c.saidUntrusted, r, "X-Forwarded-For was ignored, because the peer is not a trusted proxy: if it is your reverse proxy, add its address to the trusted proxies; until then all of its clients share one rate limit",
			"peer", short(r.RemoteAddr))
	case !known:
		c.warn(&c.saidPeer, r, "the address of the peer cannot be read: all such clients share one rate limit; behind a reverse proxy on a Unix socket, name trusted proxies and let the proxy send X-Forwarded-For",
			"peer", short(r.RemoteAddr))
	}
	return peer
}

// forwarded walks X-Forwarded-For from the right. Each entry was written by the hop to
// its right, so it is genuine while all of those are trusted. The walk ends at the first
// entry that is not a trusted proxy, or at the leftmost one.
func (c *Clients) forwarded(r *http.Request, lines []string, client netip.Addr) netip.Addr {
	found := false
	for _, line := range slices.Backward(lines) {
		for line != "" {
			entry := line[strings.LastIndexByte(line, ',')+1:]
			line = strings.TrimSuffix(line[:len(line)-len(entry)], ",")
			if entry = strings.TrimSpace(entry); entry == "" {
				continue
			}
			addr, ok := ParseAddress(entry)
			if !ok {
				c.warn(&c.saidEntry, r, "an entry of X-Forwarded-For is not an address: the proxy that sent it is taken for the client, and all of its clients share one rate limit; let the proxy write the client's address there",
					"entry", short(entry), "peer", short(r.RemoteAddr))
				return client
			}
			if client, found = addr, true; !c.trusts(addr) {
				return client
			}
		}
	}
	if !found {
		c.warn(&c.saidNone, r, "a trusted proxy sent no X-Forwarded-For: it is taken for the client, and all of its clients share one rate limit; let the proxy write the client's address there",
			"peer", short(r.RemoteAddr))
	}
	return client
}

func (c *Clients) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// warn logs a message at its first occurrence: strangers can cause these as often as they
// like.
func (c *Clients) warn(said *atomic.Bool, r *http.Request, msg string, attrs ...any) {
	if !said.Load() && said.CompareAndSwap(false, true) {
		c.log.WarnContext(r.Context(), msg, attrs...) //nolint:sloglint // callers pass constants
	}
}

// unixPeer reports a connection over a Unix socket, which has no address. Only a process
// on this machine that may write to the socket can make one.
func unixPeer(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && local.Network() == "unix" || r.RemoteAddr == "@"
}

// ParseAddress reads an IP address as servers, middleware and proxies write it: with or
// without a port, brackets and zone. Port and zone are dropped, and an IPv4 address
// mapped into IPv6 becomes the IPv4 address. The unspecified address names nobody.
func ParseAddress(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		host, _, splitErr := net.SplitHostPort(s)
		if splitErr != nil {
			host = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
		}
		addr, err = netip.ParseAddr(host)
	}
	if err != nil || addr.Unmap().IsUnspecified() {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

// Network is the network that a request came from: the address of RemoteAddr, or the /64 of an
// IPv6 one, within which a single customer can choose addresses freely. The zero Prefix is
// that of an address that cannot be read.
func Network(r *http.Request) netip.Prefix {
	addr, _ := ParseAddress(r.RemoteAddr)
	return NetworkOf(addr)
}

// NetworkOf is [Network] for an address.
func NetworkOf(addr netip.Addr) netip.Prefix {
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	network, _ := addr.Prefix(bits) // the zero Addr has none
	return network
}

// ParsePrefix reads a network or a single address of trusted proxies. It refuses what no
// peer can match or everybody does: zones, mapped IPv4 addresses, and networks of length 0.
func ParsePrefix(s string) (p netip.Prefix, ok bool) {
	p, err := netip.ParsePrefix(s)
	if addr, addrErr := netip.ParseAddr(s); addrErr == nil && addr.Zone() == "" {
		p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	return p, err == nil && TrustablePrefix(p)
}

// TrustablePrefix reports a valid network that peers can be in, and that is not everybody.
func TrustablePrefix(p netip.Prefix) bool {
	return p.IsValid() && !p.Addr().Is4In6() && p.Bits() > 0
}

// short bounds what a stranger can put into a log line.
func short(s string) string {
	const most = 64
	return s[:min(len(s), most)]
}
