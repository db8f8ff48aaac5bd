package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var formID = regexp.MustCompile(`name="form_id" value="([^"]+)"`)

// TestB18_BlockedCookiesAreSaid: a browser that keeps no cookie cannot stay signed in, however
// right the password is.
func TestB18_BlockedCookiesAreSaid(t *testing.T) {
	t.Parallel()
	calls := 0
	h := newHandlers(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/tickets") {
			return response(200, `{"response":null}`), nil
		}
		if r.Method == http.MethodPost {
			calls++
		}
		return response(200, signedIn), nil
	})
	ask := func(page http.HandlerFunc, method, target string, form url.Values, cookies []*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, origin+target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		rec := httptest.NewRecorder()
		page(rec, r)
		return rec
	}
	for _, tt := range []struct {
		name, target string
		page         http.HandlerFunc
		form         url.Values
		kept         string
	}{
		{"sign-in", "/sign-in", h.SignIn, url.Values{"identifier": {"ada@example.com"}, "password": {"the-password"}}, "ada@example.com"},
		{"sign-up", "/sign-up", h.SignUp, url.Values{"email_address": {"ada@example.com"}, "password": {"the-password"}}, "ada@example.com"},
		{"ticket", "/sign-in?ticket=t1", h.SignIn, url.Values{"ticket": {"t1"}}, `value="t1"`},
		{"invitation", "/sign-up?ticket=t1", h.SignUp, url.Values{"ticket": {"t1"}, "password": {"the-password"}}, `value="t1"`},
	} {
		page := ask(tt.page, http.MethodGet, tt.target, nil, nil)
		id := formID.FindStringSubmatch(page.Body.String())
		if id == nil {
			t.Fatalf("%s: no identity\n%s", tt.name, page.Body)
		}
		tt.form.Set("form_id", id[1])
		tt.form.Set("redirect_url", "/back")
		path, _, _ := strings.Cut(tt.target, "?")
		calls = 0
		blocked := ask(tt.page, http.MethodPost, path, tt.form, nil)
		for _, want := range []string{"Allow cookies for this site", tt.kept, "/back"} {
			if blocked.Code != 403 || !strings.Contains(blocked.Body.String(), want) || calls != 0 {
				t.Errorf("%s without cookies: %d, %d calls, no %q\n%s", tt.name, blocked.Code, calls, want, blocked.Body)
			}
		}
		if strings.Contains(blocked.Body.String(), "the-password") {
			t.Errorf("%s: a password was sent back", tt.name)
		}
		// The cookie was lost: the page that says so brings another one.
		if again := ask(tt.page, http.MethodPost, path, tt.form, blocked.Result().Cookies()); again.Code != 303 {
			t.Errorf("%s again: %d\n%s", tt.name, again.Code, again.Body)
		}
		if kept := ask(tt.page, http.MethodPost, path, tt.form, page.Result().Cookies()); kept.Code != 303 {
			t.Errorf("%s with cookies: %d\n%s", tt.name, kept.Code, kept.Body)
		}
		// Programs post without a page before.
		tt.form.Del("form_id")
		if program := ask(tt.page, http.MethodPost, path, tt.form, nil); program.Code != 303 {
			t.Errorf("%s by a program: %d\n%s", tt.name, program.Code, program.Body)
		}
	}
}
