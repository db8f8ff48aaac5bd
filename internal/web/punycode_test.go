package web

import "testing"

func TestB15_OriginsAreSpelledAsBrowsersSendThem(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://bücher.example":        "https://xn--bcher-kva.example",
		"https://BÜCHER.example:8443":   "https://xn--bcher-kva.example:8443",
		"https://例え.テスト":                "https://xn--r8jz45g.xn--zckzah",
		"https://правда.example":        "https://xn--80aafi6cg.example",
		"https://App.Example:443":       "https://app.example",
		"https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
		"http://[::1]:8080":             "http://[::1]:8080",
	} {
		if got, ok := Origin(raw); !ok || got != want {
			t.Errorf("%s: %q %v, want %q", raw, got, ok, want)
		}
	}
}
