package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usherauth/usher/authtest"
)

// TestB10_HTMXShowsEveryForm: htmx 2 drops answers with an error status.
func TestB10_HTMXShowsEveryForm(t *testing.T) {
	t.Parallel()
	signUp := url.Values{"email_address": {"ada@example.com"}, "password": {"a long secret"}}
	for name, tt := range map[string]struct {
		form url.Values
		page func(*testing.T, upstream) http.HandlerFunc
	}{
		"sign-in":       {credentials, func(t *testing.T, up upstream) http.HandlerFunc { return newHandlers(t, up).SignIn }},
		"sign-up":       {signUp, func(t *testing.T, up upstream) http.HandlerFunc { return newHandlers(t, up).SignUp }},
		"code":          {url.Values{"action": {"email_code"}, "identifier": {"ada@example.com"}}, func(t *testing.T, up upstream) http.HandlerFunc { return newHandlers(t, up).SignIn }},
		"profile":       {url.Values{"action": {"update"}, "first_name": {"Ada"}}, func(t *testing.T, up upstream) http.HandlerFunc { return newHandlers(t, up).Profile }},
		"organizations": {url.Values{"action": {"create"}, "name": {"Acme"}}, func(t *testing.T, up upstream) http.HandlerFunc { return newHandlers(t, up).Organizations }},
		"sign-out":      {nil, func(t *testing.T, up upstream) http.HandlerFunc { return newHandlers(t, up).SignOut }},
	} {
		for _, status := range []int{422, 403, 413, 429, 503} {
			up := func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/client") {
					return response(200, oneOrganization), nil
				}
				return response(status, `{"errors":[{"code":"too_many_requests"}]}`), nil
			}
			ctx := authtest.Context(t, authtest.User("user_1"), authtest.Session("sess_1"))
			ask := func(header ...string) *httptest.ResponseRecorder {
				r := httptest.NewRequestWithContext(ctx, http.MethodPost, origin+"/form", strings.NewReader(tt.form.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.AddCookie(&http.Cookie{Name: "__client", Value: "sealed"})
				for i := 0; i+1 < len(header); i += 2 {
					r.Header.Set(header[i], header[i+1])
				}
				rec := httptest.NewRecorder()
				tt.page(t, up)(rec, r)
				return rec
			}
			plain, htmx := ask(), ask("HX-Request", "true", "HX-Boosted", "true")
			if plain.Code < 400 || htmx.Code != 200 || plain.Body.Len() == 0 {
				t.Errorf("%s refused with %d: %d for browsers and %d for htmx", name, status, plain.Code, htmx.Code)
			}
			if !strings.Contains(strings.Join(htmx.Header()["Vary"], ","), "HX-Request") || !strings.Contains(htmx.Body.String(), "role=\"alert\"") {
				t.Errorf("%s refused with %d: %v\n%s", name, status, htmx.Header(), htmx.Body)
			}
		}
		// Forms that are refused before anything is done.
		for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Content-Type", "application/json"}} {
			ctx := authtest.Context(t, authtest.User("user_1"), authtest.Session("sess_1"))
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, origin+"/form", strings.NewReader(tt.form.Encode()+"&x=y"))
			r.Header.Set("HX-Request", "true")
			r.Header.Set(h[0], h[1])
			rec := httptest.NewRecorder()
			tt.page(t, answers(200, oneOrganization))(rec, r)
			if rec.Code != 200 || rec.Body.Len() == 0 {
				t.Errorf("%s with %v: %d", name, h, rec.Code)
			}
		}
	}
}

// TestB10_HTMXRedirectsTheDocument: a fetch would not follow to another origin, and would
// leave the part of the page that says who is signed in.
func TestB10_HTMXRedirectsTheDocument(t *testing.T) {
	t.Parallel()
	for _, header := range [][]string{{"HX-Request", "true"}, {"HX-Request", "true", "HX-Boosted", "true"}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/sign-in", strings.NewReader(credentials.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		rec := httptest.NewRecorder()
		newHandlers(t, answers(200, signedIn)).SignIn(rec, r)
		if rec.Code != 200 || rec.Header().Get("HX-Redirect") != "/welcome" || rec.Header().Get("Location") != "" {
			t.Errorf("%v: %d %v", header, rec.Code, rec.Header())
		}
	}
}

// TestB10_UnpolyTakesTheWholePage: what is wrong is said above the form, which alone it
// would take. It is given the true status.
func TestB10_UnpolyTakesTheWholePage(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/sign-in", strings.NewReader("identifier=ada"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Up-Version", "3.11.0")
	rec := httptest.NewRecorder()
	newHandlers(t, unreachable).SignIn(rec, r)
	if rec.Code != 422 || rec.Header().Get("X-Up-Target") != "body" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
}
