package main

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/web"
)

const maxLoggedHost = 100

// loopback reports a host name that means this machine.
func loopback(host string) bool {
	host = strings.Trim(host, "[]")
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// hostGuard answers 421 to a request for another host: nothing is built from a Host
// header, and a name that was pointed at this address by somebody else gets no page
// (RFC 9110 §15.5.20). Another name of this machine, such as 127.0.0.1 for localhost, is
// led to the public origin, because cookies and tokens belong to that one.
//
// A proxy in front that does not pass Host on makes every request look like that, so the
// first refusal is logged, and then one an hour.
func hostGuard(origin string, next http.Handler, log *slog.Logger, now func() time.Time) http.Handler {
	u, _ := url.Parse(origin) // was checked
	refusals := web.NewSampler(1, time.Hour, now)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case sameHost(r.Host, u):
			next.ServeHTTP(w, r)
		case twin(r.Host, u) && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			w.Header().Set("Location", origin+web.Requested(r).RequestURI())
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			if suppressed, ok := refusals.Take(""); ok {
				log.WarnContext(r.Context(), "request for another host refused: if a reverse proxy sent it, let the proxy pass Host on (nginx: proxy_set_header Host $host;), or start with -origin and the address that people type",
					"host", r.Host[:min(len(r.Host), maxLoggedHost)], "origin", origin, "suppressed", suppressed)
			}
			http.Error(w, "This server does not answer for that host.", http.StatusMisdirectedRequest)
		}
	})
}

func sameHost(host string, u *url.URL) bool {
	if strings.EqualFold(host, u.Host) {
		return true
	}
	return u.Port() == "" && strings.EqualFold(host, u.Host+":"+defaultPort(u))
}

func twin(host string, u *url.URL) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = host, defaultPort(u)
	}
	want := u.Port()
	if want == "" {
		want = defaultPort(u)
	}
	return loopback(u.Hostname()) && loopback(name) && port == want
}

func defaultPort(u *url.URL) string {
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
