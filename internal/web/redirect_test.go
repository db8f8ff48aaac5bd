package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/usherauth/usher/internal/web"
)

const origin = "https://app.example.test"

var allowed = []string{"https://accounts.example.test", "https://*.partner.example.test"}

func load(t *testing.T, name string, to any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatal(err)
	}
}

func TestR01_ReturnURLs(t *testing.T) {
	t.Parallel()
	var file struct {
		Cases []struct{ Value, Expect string }
	}
	load(t, "return-urls.json", &file)
	for _, c := range file.Cases {
		got, ok := web.SafeReturn(c.Value, origin, allowed)
		if ok != (c.Expect == "keep") {
			t.Errorf("SafeReturn(%.80q) kept = %v, want %s", c.Value, ok, c.Expect)
		}
		if ok && got != c.Value {
			t.Errorf("SafeReturn(%q) = %q, want it unchanged", c.Value, got)
		}
	}
}

func TestR01_R02_R03_Payloads(t *testing.T) {
	t.Parallel()
	var cases []struct {
		Value, Expect string
		SameOrigin    bool `json:"same_origin"`
	}
	load(t, "payloads.json", &cases)
	for _, c := range cases {
		if _, ok := web.SafeReturn(c.Value, origin, nil); ok && (c.Expect == "refuse" || !c.SameOrigin) {
			t.Errorf("SafeReturn(%q) kept, want refused", c.Value)
		}
	}
	if len(cases) < 400 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestR01_BrowserAgrees: whatever passes stays on the origin by the data that browsers
// test their URL parsers with.
func TestR01_BrowserAgrees(t *testing.T) {
	t.Parallel()
	var cases []json.RawMessage
	load(t, "urltestdata.json", &cases)
	ran := 0
	for _, raw := range cases {
		var c struct {
			Input, Origin string
			Base          *string
			Failure       bool
		}
		if json.Unmarshal(raw, &c) != nil || c.Base == nil {
			continue
		}
		own, ok := web.Origin(*c.Base)
		if !ok {
			continue
		}
		ran++
		if _, ok := web.SafeReturn(c.Input, own, nil); ok && (c.Failure || c.Origin != own) {
			t.Errorf("SafeReturn(%q) on %s kept; a browser goes to %q (failure %v)", c.Input, own, c.Origin, c.Failure)
		}
	}
	if ran < 100 {
		t.Fatalf("only %d cases", ran)
	}
}

func TestR05_WildcardIsOneLabel(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]bool{
		"https://a.partner.example.test/":         true,
		"https://A.Partner.example.test/x?y":      true,
		"https://partner.example.test/":           false,
		"https://a.b.partner.example.test/":       false,
		"https://a.partner.example.test:8443/":    false,
		"http://a.partner.example.test/":          false,
		"https://.partner.example.test/":          false,
		"https://a.partner.example.test.evil.io/": false,
	} {
		if _, ok := web.SafeReturn(target, origin, allowed); ok != want {
			t.Errorf("SafeReturn(%q) kept = %v, want %v", target, ok, want)
		}
	}
}

func FuzzSafeReturn(f *testing.F) {
	for _, s := range []string{"/", "/a?b#c", "//evil", `/\evil`, "https://app.example.test/x", "/%2e%2e//evil"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got, ok := web.SafeReturn(target, origin, nil)
		if !ok {
			return
		}
		rec := httptest.NewRecorder()
		rec.Header().Set("Location", got)
		if strings.ContainsAny(got, "\r\n\\\t\x00") || strings.HasPrefix(got, "//") {
			t.Fatalf("SafeReturn kept %q", got)
		}
		if !strings.HasPrefix(got, "/") && !strings.HasPrefix(strings.ToLower(got), origin) {
			t.Fatalf("SafeReturn kept %q, which leaves the origin", got)
		}
	})
}

func TestH01_PrivateHeaders(t *testing.T) {
	t.Parallel()
	h := http.Header{"Cache-Control": {"public, s-maxage=60"}, "Vary": {"Accept-Encoding, cookie"}}
	web.PrivateHeaders(h)
	if got := h.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control = %q", got)
	}
	if got := strings.Join(h["Vary"], "|"); got != "Accept-Encoding, cookie|Authorization" {
		t.Errorf("Vary = %q", got)
	}
}

func TestC01_CookieAttributes(t *testing.T) {
	t.Parallel()
	for _, c := range web.SessionCookies("abcd1234", "tok", true) {
		if got, want := c.String(), "; Path=/; Max-Age=31536000; Secure; SameSite=Lax"; !strings.HasSuffix(got, want) {
			t.Errorf("session cookie %q, want suffix %q", got, want)
		}
	}
	if got := web.ClientCookie("x", true).String(); !strings.Contains(got, "HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("client cookie %q is not HttpOnly, Secure and Lax", got)
	}
	for _, c := range web.ClearedSessionCookies("abcd1234", false) {
		if got := c.String(); !strings.Contains(got, "Max-Age=0") {
			t.Errorf("cleared cookie %q does not expire", got)
		}
	}
	if got := len(web.UATCookies("", 0, true)); got != 1 {
		t.Errorf("without a suffix there are %d uat cookies, want 1", got)
	}
}
