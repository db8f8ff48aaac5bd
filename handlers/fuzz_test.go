package handlers_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
)

// Whatever the path, the proxy speaks to its own host, below the root, and about a path
// that has one reading.
func FuzzProxyPath(f *testing.F) {
	for _, seed := range []string{"/v1/client", "//", "//evil.example/x", "/\\evil.example", "/%2e%2e/x", "/v1/../../x", "/v1%2fx", "/@evil.example", "/v1/\x00", "/v1/client?x=//evil.example", "/.well-known/jwks.json", "/%", "/v1/é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		u, err := url.ParseRequestURI("/__clerk" + rest)
		if err != nil {
			t.Skip() // net/http answers 400
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL, r.RequestURI = u, "/__clerk"+rest
		rec := through(t, func(out *http.Request) (*http.Response, error) {
			p := out.URL.Path
			if out.URL.Host != "clerk.example.com" || out.Host != "clerk.example.com" || out.URL.Scheme != "https" || out.URL.User != nil {
				t.Errorf("%q went to %s", rest, out.URL)
			}
			if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || path.Clean(p) != strings.TrimSuffix(p, "/") || strings.ContainsAny(p, "\\\x00\r\n") {
				t.Errorf("%q became path %q", rest, p)
			}
			if again, err := url.Parse(out.URL.String()); err != nil || again.Host != "clerk.example.com" || again.Path != p {
				t.Errorf("%q reads differently when it is sent: %s (%v)", rest, out.URL, err)
			}
			return response(200, `{}`), nil
		}, r)
		if rec.Code != 200 && rec.Code != 400 {
			t.Errorf("%q: status %d", rest, rec.Code)
		}
	})
}

// No body makes a form panic, answer 5xx, or reach the API without one value per field.
func FuzzSignInBody(f *testing.F) {
	for _, seed := range []string{"identifier=a%40example.com&password=x", "identifier=%zz", "a;b", "identifier=a&identifier=b&password=c", "&&&", "\xff=\xfe", "password=%ff&identifier=%00", "ticket=t", "ticket=t&ticket=u", "action=email_code&identifier=a", "action=code&attempt_id=b&code=1+2", "action=password&password=x", "action=resend", "action="} {
		f.Add(seed, "application/x-www-form-urlencoded")
	}
	f.Add("{}", "application/json")
	f.Fuzz(func(t *testing.T, body, contentType string) {
		h := newHandlers(t, func(out *http.Request) (*http.Response, error) {
			err := out.ParseForm()
			for _, values := range out.PostForm {
				if len(values) != 1 || values[0] == "" {
					err = errors.New("a field without one value")
				}
			}
			if err != nil {
				t.Errorf("%q reached the API as %v (%v)", body, out.PostForm, err)
			}
			return response(422, `{"errors":[{"code":"form_password_incorrect"}]}`), nil
		})
		r := httptest.NewRequest("POST", "/sign-in", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		rec := httptest.NewRecorder()
		h.SignIn(rec, r)
		if rec.Code < 400 || rec.Code >= 500 {
			t.Errorf("%q (%q): status %d", body, contentType, rec.Code)
		}
	})
}
