package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Addresses are taken from what was pasted: what comes along at the ends is not theirs. What
// is inside is left for the API to refuse.
func TestC6_PastedAddresses(t *testing.T) {
	t.Parallel()
	for _, around := range []string{" ", "\t", "\u00a0", "\u200b", "\ufeff", "\u2060", "\u3000", "\r\n", "\u200f", "\u00ad", " \u00a0\t\u200b"} {
		for _, field := range []string{"identifier", "email_address"} {
			var sent url.Values
			h := newHandlers(t, func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost {
					_ = r.ParseForm()
					sent = r.PostForm
				}
				return response(422, `{"errors":[]}`), nil
			})
			page := map[string]http.HandlerFunc{"identifier": h.SignIn, "email_address": h.SignUp}[field]
			post(page, url.Values{field: {around + "ada@example.com" + around}, "password": {"the-password"}})
			if got := sent.Get(field); got != "ada@example.com" {
				t.Errorf("%+q around %s: sent %+q", around, field, got)
			}
			inside := "ada@ex" + strings.Trim(around, "\r\n") + "ample.com"
			post(page, url.Values{field: {inside}, "password": {"the-password"}})
			if got := sent.Get(field); got != inside {
				t.Errorf("%+q inside %s: sent %+q", around, field, got)
			}
		}
	}
}
