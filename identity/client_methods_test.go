package identity_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

// R2: each method of the published Backend API client (testdata/client_methods.txt, which
// e2e compares with the client) has a route: it runs, or says that it is not there yet.
func TestR2_EveryMethodOfTheClientHasARoute(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	_, tables := app.Tables()
	mux := http.NewServeMux()
	for pattern := range tables {
		mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
	}
	list, err := os.ReadFile("testdata/client_methods.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		r, err := http.NewRequestWithContext(t.Context(), method, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, pattern := mux.Handler(r); pattern == "" {
			t.Errorf("%s %s has no route", method, path)
			continue
		}
		if a := app.backend(method, path, ""); a.StatusCode == http.StatusMethodNotAllowed {
			t.Errorf("%s %s: %s", method, path, a.body)
		}
	}
	for _, line := range []string{
		"POST /v1/email", "GET /v1/email/ema_1", "POST /v1/email/batch", "GET /v1/api_keys", "POST /v1/api_keys/verify", "POST /api_keys/verify",
		"POST /v1/m2m_tokens", "POST /m2m_tokens/verify", "POST /v1/accountless_applications", "POST /v1/accountless_applications/complete",
		"POST /oauth_applications/access_tokens/verify",
	} {
		method, path, _ := strings.Cut(line, " ")
		app.backend(method, path, "").want(t, 501, wire.CodeNotImplemented)
	}
	app.backend("GET", "/v1/emails", "").want(t, 404, wire.CodeResourceNotFound)
	app.backendAs("Bearer sk_test_wrong", "POST", "/v1/email", "").want(t, 401, wire.CodeSecretKeyInvalid)
}

// R3: so do those of the newest browser client.
func TestR3_RoutesOfTheNewestBrowserClient(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	for _, path := range []string{
		"/v1/me/biometric_credentials", "/v1/me/biometric_credentials/x", "/v1/me/oauth/device", "/v1/me/oauth/device/lookup",
	} {
		v.get(path).want(t, 501, wire.CodeNotImplemented)
		v.post(path).want(t, 501, wire.CodeNotImplemented)
	}
}
