package web

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// BaseURL checks the address of an API that a secret key travels to and returns it without
// a final slash. It may have a path, below which the API is. http is accepted for loopback
// addresses, and for every address with a custom transport. The errors begin with what is
// wrong with the address, without naming it.
func BaseURL(raw string, ownTransport bool) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", errors.New("is not a URL")
	}
	var errs []error
	mistake := func(is bool, msg string) {
		if is {
			errs = append(errs, errors.New(msg))
		}
	}
	plain := u.Scheme == "http" && (ownTransport || Loopback(u.Hostname()))
	mistake(u.Scheme != "https" && !plain, "must be https: the secret key travels with every call; http is for loopback addresses")
	mistake(u.Host == "" || u.Opaque != "", "has no host")
	mistake(u.User != nil, "must not contain a user name or password")
	mistake(u.RawQuery != "" || u.ForceQuery || u.Fragment != "", "must not have a query or a fragment")
	path := strings.TrimRight(u.EscapedPath(), "/")
	mistake(strings.HasSuffix(path, "/v1"), "must not end in /v1: the client adds the version")
	if len(errs) > 0 {
		return "", errors.Join(errs...)
	}
	return u.Scheme + "://" + u.Host + path, nil
}

// Loopback reports whether traffic to host, without a port, stays on this machine.
func Loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}
