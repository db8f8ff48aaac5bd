package main

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestR01_R03_R08_R09_ReturnAddresses(t *testing.T) {
	t.Parallel()
	s := start(t, "-origin", "https://app.example.test")
	s.browser(t).signUp("ada@example.com", "Ada")
	file := vectors[struct {
		Cases []struct{ Value, Expect string }
	}](t, "return-urls.json")
	const foreign = "example.test" // the vectors allow two more origins, which this program does not
	for _, c := range file.Cases {
		a := s.browser(t).signIn("ada@example.com", c.Value)
		want := "/welcome"
		if c.Expect == "keep" && (strings.HasPrefix(c.Value, "/") || strings.HasPrefix(c.Value, "https://app."+foreign)) {
			want = escaped(c.Value)
		}
		if a.StatusCode != 303 || a.location() != want {
			t.Errorf("redirect_url %q: %d to %q, want 303 to %q", c.Value, a.StatusCode, a.location(), want)
		}
	}
	for _, own := range []string{"/sign-in", "/sign-in/", "/sign-in?redirect_url=/sign-in", "/SIGN-IN", "/x/../sign-up", "/sign-out", "/%73ign-out", "/__clerk/v1/client/handshake?redirect_url=/", "https://app.example.test/sign-out"} {
		if a := s.browser(t).signIn("ada@example.com", own); a.StatusCode != 303 || a.location() != "/welcome" {
			t.Errorf("R08: redirect_url %q: %d to %q", own, a.StatusCode, a.location())
		}
		page := s.browser(t).get("/sign-in?redirect_url=" + url.QueryEscape(own))
		if page.want(t, 200); strings.Contains(page.body, `name="redirect_url" value="`) && !strings.Contains(page.body, `name="redirect_url" value=""`) {
			t.Errorf("R08: the form carries %q", own)
		}
	}
}

// escaped is a Location for value: octets outside ASCII are percent-encoded.
func escaped(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if value[i] < 0x80 {
			b.WriteByte(value[i])
		} else {
			b.WriteString("%" + strings.ToUpper(strconv.FormatInt(int64(value[i]), 16)))
		}
	}
	return b.String()
}

func TestR01_PayloadsNeverLeadAway(t *testing.T) {
	t.Parallel()
	s := start(t, "-origin", "https://app.example.test")
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	cases := vectors[[]struct{ Value, Expect string }](t, "payloads.json")
	for _, c := range cases {
		// Whoever is signed in is led on by the same check, without a password hash.
		a := b.get("/sign-in?redirect_url=" + url.QueryEscape(c.Value))
		if a.StatusCode != 303 {
			t.Errorf("%q: %d", c.Value, a.StatusCode)
			continue
		}
		if c.Expect == "refuse" && a.location() != "/welcome" {
			u, err := url.Parse("https://app.example.test")
			if err == nil {
				u, err = u.Parse(a.location())
			}
			if err != nil || u.Host != "app.example.test" || u.Scheme != "https" || strings.ContainsAny(a.location(), "\\\t\r\n") || strings.HasPrefix(a.location(), "//") {
				t.Errorf("%q leads to %q", c.Value, a.location())
			}
		}
	}
}
