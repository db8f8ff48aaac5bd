package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// leftBehind are the cookies of n instances that are gone, the oldest first.
func leftBehind(n int) string {
	var pairs []string
	for i := range n {
		suffix := fmt.Sprintf("gone-%03d", i)
		for _, name := range []string{"__session", "__refresh", "__client_uat", "__client"} {
			pairs = append(pairs, name+"_"+suffix+"="+strings.Repeat("x", 500))
		}
	}
	return strings.Join(pairs, "; ")
}

// deleted are the names of cookies that an answer deletes.
func (a *answer) deleted() (names []string) {
	for _, c := range a.Cookies() {
		if c.MaxAge < 0 {
			names = append(names, c.Name)
		}
	}
	return names
}

// TestB17_CookiesOfInstancesThatAreGone: a browser that tried sixteen instances on this
// machine is told what to do, and its next request is served.
func TestB17_CookiesOfInstancesThatAreGone(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	own := b.clientName()
	all := leftBehind(16)
	for name, value := range b.cookies { // sent last, because they are the newest
		all += "; " + name + "=" + value
	}

	page := b.get("/welcome", "Cookie", all)
	page.want(t, http.StatusRequestHeaderFieldsTooLarge, "Reload the page")
	gone := page.deleted()
	if len(gone) != staleDeleted || slices.Contains(gone, own) || slices.Contains(gone, "__session_gone-015") {
		t.Errorf("deleted %d: %v", len(gone), gone)
	}
	api := b.get("/api/user", "Cookie", all)
	api.want(t, http.StatusRequestHeaderFieldsTooLarge, `"errors"`)

	var left []string
	for _, pair := range strings.Split(all, "; ") {
		if name, _, _ := strings.Cut(pair, "="); !slices.Contains(gone, name) {
			left = append(left, pair)
		}
	}
	b.get("/welcome", "Cookie", strings.Join(left, "; ")).want(t, 200, "Ada")
}

// TestB17_InstancesInUseKeepTheirCookies: a few instances on other ports of this machine
// are not signed out.
func TestB17_InstancesInUseKeepTheirCookies(t *testing.T) {
	t.Parallel()
	s := start(t)
	page := s.browser(t).get("/welcome", "Cookie", leftBehind(liveInstances))
	if page.want(t, 200, ""); len(page.deleted()) > 0 {
		t.Errorf("deleted %v", page.deleted())
	}
}

// TestB17_CookiesOfRealHostsStay: elsewhere another suffix is another app's.
func TestB17_CookiesOfRealHostsStay(t *testing.T) {
	t.Parallel()
	a := &app{suffix: "own-0000"}
	called := false
	h := a.tidyCookies("https://app.example.com", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	h.ServeHTTP(nil, &http.Request{Header: http.Header{"Cookie": {leftBehind(16)}}})
	if !called {
		t.Error("the request was answered")
	}
}

func TestB17_NamesOfStaleCookies(t *testing.T) {
	t.Parallel()
	many := leftBehind(5)
	for line, want := range map[string]int{
		"":                             0,
		many:                           4,
		many + "; " + many:             4,
		many + "; __session=x; a=b":    4,
		"__client_gone-099=x; " + many: 5,
		strings.ReplaceAll(many, "gone-000", "own-0000"): 0,
		strings.ReplaceAll(many, "__", ""):               0,
		strings.ReplaceAll(many, "gone-", "gon\xe9-"):    0,
	} {
		if got := staleCookies([]string{line}, "own-0000"); len(got) != want {
			t.Errorf("%.60q: %v, want %d names", line, got, want)
		}
	}
}
