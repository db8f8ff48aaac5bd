package handlers_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usherauth/usher/handlers"
)

const (
	publishable = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k" // clerk.example.com
	secret      = "sk_live_handlers_tests_only"
	origin      = "https://app.example.com"
)

// upstream plays the Frontend API; it is reached without a network.
type upstream func(*http.Request) (*http.Response, error)

func (u upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := u(r)
	if res != nil {
		res.Request = r
	}
	return res, err
}

func answers(status int, body string, header ...string) upstream {
	return func(*http.Request) (*http.Response, error) { return response(status, body, header...), nil }
}

func unreachable(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

func response(status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: h,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

func newHandlers(t *testing.T, up upstream) *handlers.Handlers {
	t.Helper()
	h, err := handlers.New(handlers.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, Transport: up, AfterSignIn: "/welcome",
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// post sends a form to a page as a browser on the app's origin does.
func post(h http.HandlerFunc, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, origin+"/form", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "__client", Value: "sealed"})
	rec := httptest.NewRecorder()
	h(rec, r)
	return rec
}

var credentials = url.Values{"identifier": {"ada@example.com"}, "password": {"the-password"}}
