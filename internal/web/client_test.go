package web_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/usherauth/usher/internal/web"
)

func prefixes(t *testing.T, list string) []netip.Prefix {
	t.Helper()
	var all []netip.Prefix
	for item := range strings.FieldsSeq(list) {
		p, ok := web.ParsePrefix(item)
		if !ok {
			t.Fatalf("%q is not a network", item)
		}
		all = append(all, p)
	}
	return all
}

func from(peer string, forwarded ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.RemoteAddr = peer
	if forwarded != nil {
		r.Header["X-Forwarded-For"] = forwarded
	}
	r.Header.Set("X-Real-Ip", "203.0.113.66")
	r.Header.Set("True-Client-Ip", "203.0.113.66")
	r.Header.Set("Forwarded", "for=203.0.113.66")
	return r
}

func TestP03_P04_B5_ClientAddressBehindTrustedProxies(t *testing.T) {
	t.Parallel()
	const cidrs = "10.0.0.0/8 2001:db8::/32 192.0.2.9"
	for _, tt := range []struct {
		name, proxies, peer string
		forwarded           []string
		want                string
		warned              string // "" is nothing
	}{
		{"no proxy is trusted unless it is named", "", "10.0.0.1:5", []string{"198.51.100.7"}, "10.0.0.1", "was ignored"},
		{"nothing is claimed", "", "10.0.0.1:5", nil, "10.0.0.1", ""},
		{"a peer without a port", "", "203.0.113.10", nil, "203.0.113.10", ""},
		{"an IPv6 peer without a port", "", "2001:db8::7", nil, "2001:db8::7", ""},
		{"an IPv6 peer in brackets", "", "[2001:db8::7]", nil, "2001:db8::7", ""},
		{"a peer with a zone", "", "[fe80::1%eth0]:5", nil, "fe80::1", ""},
		{"a peer with a zone and no port", "", "fe80::1%eth0", nil, "fe80::1", ""},
		{"a Unix socket", "", "@", nil, "invalid IP", "cannot be read"},
		{"no peer at all", "", "", nil, "invalid IP", "cannot be read"},
		{"a Unix socket behind a proxy", cidrs, "@", []string{"203.0.113.1, 198.51.100.7"}, "198.51.100.7", ""},
		{"a Unix socket behind a proxy that says nothing", cidrs, "@", nil, "invalid IP", "sent no X-Forwarded-For"},
		{"a peer that cannot be read is not trusted", cidrs, "nonsense", []string{"198.51.100.7"}, "invalid IP", "was ignored"},
		{"a stranger is not believed", cidrs, "203.0.113.1:5", []string{"198.51.100.7"}, "203.0.113.1", "was ignored"},
		{"a neighbor of a trusted address is not believed", cidrs, "192.0.2.8:5", []string{"198.51.100.7"}, "192.0.2.8", "was ignored"},
		{"a trusted proxy is", cidrs, "10.0.0.1:5", []string{"198.51.100.7"}, "198.51.100.7", ""},
		{"a trusted proxy without a port is", cidrs, "10.0.0.1", []string{"198.51.100.7"}, "198.51.100.7", ""},
		{"a trusted proxy with a zone is", "fe80::/10", "[fe80::1%eth0]:5", []string{"198.51.100.7"}, "198.51.100.7", ""},
		{"a trusted proxy named by address is", cidrs, "192.0.2.9:5", []string{"198.51.100.7"}, "198.51.100.7", ""},
		{"what the client wrote itself is left of it", cidrs, "10.0.0.1:5", []string{"203.0.113.1, 198.51.100.7"}, "198.51.100.7", ""},
		{"also in a field of its own", cidrs, "10.0.0.1:5", []string{"203.0.113.1", "198.51.100.7"}, "198.51.100.7", ""},
		{"also when it claims to be a proxy", cidrs, "10.0.0.1:5", []string{"203.0.113.1, 10.9.9.9, 198.51.100.7"}, "198.51.100.7", ""},
		{"also when it is garbage", cidrs, "10.0.0.1:5", []string{"unknown, ;, 198.51.100.7"}, "198.51.100.7", ""},
		{"several proxies in a row", cidrs, "10.0.0.1:5", []string{"203.0.113.1, 198.51.100.7, 10.0.0.2", "10.0.0.3"}, "198.51.100.7", ""},
		{"several proxies in a row, with ports", cidrs, "10.0.0.1:5", []string{"203.0.113.1, 198.51.100.7:1, 10.0.0.2:2", "[2001:db8::3]:3"}, "198.51.100.7", ""},
		{"the client is inside the trusted network", cidrs, "10.0.0.1:5", []string{"10.0.0.2"}, "10.0.0.2", ""},
		{"no field", cidrs, "10.0.0.1:5", nil, "10.0.0.1", "sent no X-Forwarded-For"},
		{"an empty field", cidrs, "10.0.0.1:5", []string{"", " , ,"}, "10.0.0.1", "sent no X-Forwarded-For"},
		{"empty entries", cidrs, "10.0.0.1:5", []string{", 198.51.100.7 ,\t,"}, "198.51.100.7", ""},
		{"garbage next to the proxy", cidrs, "10.0.0.1:5", []string{"198.51.100.7, unknown"}, "10.0.0.1", "is not an address"},
		{"garbage behind a second proxy", cidrs, "10.0.0.1:5", []string{"198.51.100.7, _hidden, 10.0.0.2"}, "10.0.0.2", "is not an address"},
		{"an address that is none", cidrs, "10.0.0.1:5", []string{"0.0.0.0"}, "10.0.0.1", "is not an address"},
		{"an address with a port", cidrs, "10.0.0.1:5", []string{"203.0.113.10:5010"}, "203.0.113.10", ""},
		{"an IPv6 address with a port", cidrs, "10.0.0.1:5", []string{"[2001:db9::1]:5010"}, "2001:db9::1", ""},
		{"an IPv6 address in brackets", cidrs, "10.0.0.1:5", []string{"[2001:db9::1]"}, "2001:db9::1", ""},
		{"mapped spellings are one", cidrs, "[::ffff:10.0.0.1]:5", []string{"::ffff:198.51.100.7"}, "198.51.100.7", ""},
		{"mapped with a port", cidrs, "[::ffff:10.0.0.1]:5", []string{"[::ffff:198.51.100.7]:80"}, "198.51.100.7", ""},
		{"IPv6 in its longest spelling", cidrs, "[2001:db8::1]:5", []string{"2001:0DB9:0:0:0:0:0:1"}, "2001:db9::1", ""},
		{"a zone is dropped", cidrs, "10.0.0.1:5", []string{"fe80::1%eth0"}, "fe80::1", ""},
		{"a zone with a port", cidrs, "10.0.0.1:5", []string{"[fe80::1%eth0]:80"}, "fe80::1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			c := web.NewClients(prefixes(t, tt.proxies), nil, slog.New(slog.NewTextHandler(&log, nil)))
			for range 3 {
				r := from(tt.peer, tt.forwarded...)
				if got := c.Address(r).String(); got != tt.want {
					t.Errorf("client = %q, want %q", got, tt.want)
				}
				if r.RemoteAddr != tt.peer {
					t.Errorf("the server's own request was changed to %q", r.RemoteAddr)
				}
			}
			want := 1
			if tt.warned == "" {
				want = 0
			}
			if got := strings.Count(log.String(), "level=WARN"); got != want || !strings.Contains(log.String(), tt.warned) {
				t.Errorf("%d lines, want %d with %q:\n%s", got, want, tt.warned, log.String())
			}
		})
	}
}

func TestB5_AFunctionDecides(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := web.NewClients(nil, func(r *http.Request) netip.Addr {
		addr, _ := netip.ParseAddr(r.Header.Get("X-Real-Ip"))
		return addr
	}, slog.New(slog.NewTextHandler(&log, nil)))
	r := from("10.0.0.1:5", "198.51.100.7")
	if got := c.Address(r).String(); got != "203.0.113.66" || log.Len() > 0 {
		t.Errorf("client = %s, log %s", got, log.String())
	}
	r.Header.Set("X-Real-Ip", "::ffff:203.0.113.9")
	if got := c.Address(r).String(); got != "203.0.113.9" {
		t.Errorf("client = %s", got)
	}
	r.Header.Del("X-Real-Ip")
	for range 2 {
		if got := c.Address(r).String(); got != "10.0.0.1" {
			t.Errorf("client = %s", got)
		}
	}
	if strings.Count(log.String(), "level=WARN") != 1 || !strings.Contains(log.String(), "ClientAddress") {
		t.Errorf("log: %s", log.String())
	}
}

// A connection over a Unix socket is known by the listener's address, too.
func TestB5_AUnixSocketIsKnownByItsListener(t *testing.T) {
	t.Parallel()
	c := web.NewClients(prefixes(t, "127.0.0.1"), nil, nil)
	r := from("", "198.51.100.7")
	if got := c.Address(r); got.IsValid() {
		t.Errorf("an unknown peer was believed: %s", got)
	}
	ctx := context.WithValue(r.Context(), http.LocalAddrContextKey, &net.UnixAddr{Name: "/run/app.sock", Net: "unix"})
	if got := c.Address(r.WithContext(ctx)).String(); got != "198.51.100.7" {
		t.Errorf("client = %s", got)
	}
}

func TestB5_WhatAStrangerSendsIsCutInTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := web.NewClients(prefixes(t, "10.0.0.0/8"), nil, slog.New(slog.NewTextHandler(&log, nil)))
	c.Address(from("10.0.0.1:5", strings.Repeat("x", 5000)))
	if log.Len() > 600 {
		t.Errorf("%d octets of log", log.Len())
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"", "@", "203.0.113.10:5010", "[2001:db8::1]:443", "[fe80::1%eth0]", "::ffff:10.0.0.1", "1.2.3.4:", "[]", "[[::1]]:1", "0.0.0.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, ok := web.ParseAddress(s)
		if ok != addr.IsValid() || addr.Zone() != "" || addr.Is4In6() {
			t.Errorf("ParseAddress(%q) = %v, %v", s, addr, ok)
		}
		if again, _ := web.ParseAddress(addr.String()); ok && again != addr {
			t.Errorf("ParseAddress(%q) = %v, and of that %v", s, addr, again)
		}
	})
}
