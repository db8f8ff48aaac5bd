package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
)

var entryLinks = regexp.MustCompile(`href="(/sign-(?:in|up)[^"]*)"`)

// TestB20_EveryLinkOfTheSignInPageKeepsTheWayBack: those of the page around the form too.
func TestB20_EveryLinkOfTheSignInPageKeepsTheWayBack(t *testing.T) {
	t.Parallel()
	const back = "http://127.0.0.1:3001/basket?x=1"
	s := startEnv(t, map[string]string{"USHER_DEV": "1"}, t.TempDir()+"/data", identity.Limits{Creations: -1, Attempts: -1}, "-allowed-origins", "http://127.0.0.1:3001")
	b := s.browser(t)
	query := "redirect_url=" + url.QueryEscape(back)
	form := url.Values{"identifier": {"nobody@example.com"}, "email_address": {"x"}, "password": {"password1"}, "redirect_url": {back}}
	for what, a := range map[string]*answer{
		"sign-in": b.get("/sign-in?" + query), "sign-up": b.get("/sign-up?" + query), "code": b.get("/sign-in?step=email&" + query),
		"refused sign-in": b.post("/sign-in", form), "refused sign-up": b.post("/sign-up", form),
	} {
		links := entryLinks.FindAllStringSubmatch(a.body, -1)
		if len(links) < 3 {
			t.Fatalf("%s: %d links", what, len(links))
		}
		for _, l := range links {
			u, err := url.Parse(strings.ReplaceAll(l[1], "&amp;", "&"))
			if err != nil || u.Query().Get("redirect_url") != back {
				t.Errorf("%s: the link %s has lost the way back", what, l[1])
			}
		}
	}
	if a := b.get("/sign-in?redirect_url=" + url.QueryEscape("https://evil.example/")); strings.Contains(a.body, "evil.example") {
		t.Error("another site is on the page")
	}
}
