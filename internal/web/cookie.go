package web

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/usherauth/usher/wire"
)

const (
	sessionCookieAge = 365 * 24 * time.Hour // the cookie outlives the token; the token decides
	clientCookieAge  = 400 * 24 * time.Hour // the longest browsers keep (RFC 6265bis §5.5)
)

// SessionCookies carry a session token under the plain and the instance's own name.
// They are readable by scripts, which renew them (protocol reference 2.1).
func SessionCookies(suffix, token string, secure bool) []*http.Cookie {
	return pair(wire.CookieSession, suffix, token, secure, sessionCookieAge)
}

// ClearedSessionCookies delete what [SessionCookies] set.
func ClearedSessionCookies(suffix string, secure bool) []*http.Cookie {
	return pair(wire.CookieSession, suffix, "", secure, -1)
}

// UATCookies tell servers and scripts when the client last changed, in unix seconds;
// 0 is signed out.
func UATCookies(suffix string, uat int64, secure bool) []*http.Cookie {
	return pair(wire.CookieClientUAT, suffix, strconv.FormatInt(uat, 10), secure, sessionCookieAge)
}

// ClientCookie carries the client secret under the plain name; an empty value deletes it. Scripts never see it.
func ClientCookie(value string, secure bool) *http.Cookie {
	age := clientCookieAge
	if value == "" {
		age = -1
	}
	c := cookie(wire.CookieClient, value, secure, age)
	c.HttpOnly = true
	return c
}

// OwnClientCookie is [ClientCookie] under the instance's own name, so that several instances
// of one host keep theirs apart.
func OwnClientCookie(suffix, value string, secure bool) *http.Cookie {
	c := ClientCookie(value, secure)
	c.Name += "_" + suffix
	return c
}

// RefreshCookie holds the refresh token, which is read under the instance's own name only
// (protocol reference 2.1) and never by scripts. It lives as long as age; an empty token
// deletes it.
func RefreshCookie(suffix, token string, secure bool, age time.Duration) *http.Cookie {
	if token == "" {
		age = -1
	}
	c := cookie(wire.CookieRefresh+"_"+suffix, token, secure, age)
	c.HttpOnly = true
	return c
}

// pair spells a cookie both ways; without a suffix there is only the plain name.
func pair(name, suffix, value string, secure bool, age time.Duration) []*http.Cookie {
	plain := cookie(name, value, secure, age)
	if suffix == "" {
		return []*http.Cookie{plain}
	}
	return []*http.Cookie{plain, cookie(name+"_"+suffix, value, secure, age)}
}

// cookie is the one place that decides attributes. A negative age deletes.
func cookie(name, value string, secure bool, age time.Duration) *http.Cookie {
	maxAge := int(age / time.Second)
	if age < 0 {
		maxAge = -1
	}
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: secure, SameSite: http.SameSiteLaxMode,
	}
}

// SetCookies adds every cookie to h as a line of its own: the one that it was read from, if
// there is one.
func SetCookies(h http.Header, cookies ...*http.Cookie) {
	for _, c := range cookies {
		h.Add("Set-Cookie", cmp.Or(c.Raw, c.String()))
	}
}
