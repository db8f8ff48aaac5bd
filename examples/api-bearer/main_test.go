package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
)

func ask(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func TestTheAPIAnswersBearerTokens(t *testing.T) {
	t.Parallel()
	h, err := api(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	old := authtest.At(time.Now().Add(-time.Hour))
	for _, tt := range []struct {
		name string
		who  []authtest.Option
		want int
	}{
		{"without a token", []authtest.Option{authtest.SignedOut()}, 401},
		{"with one", []authtest.Option{authtest.Bearer()}, 200},
		{"with one that expired", []authtest.Option{authtest.Bearer(), old}, 401},
		{"with one of another origin", []authtest.Option{authtest.Bearer(), authtest.Claim("azp", "https://elsewhere.example")}, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := ask(h, authtest.NewRequest(t, "GET", "/", tt.who...))
			if rec.Code != tt.want {
				t.Errorf("status %d, want %d: %s", rec.Code, tt.want, rec.Body)
			}
			if challenge := rec.Header().Get("WWW-Authenticate"); (challenge != "") != (tt.want == 401) {
				t.Errorf("WWW-Authenticate is %q with status %d", challenge, rec.Code)
			}
		})
	}
}

func TestTheTokenThatIsPrintedWorks(t *testing.T) {
	t.Parallel()
	service, err := identity.New(t.Context(), identity.Config{Store: memstore.New(), PublicOrigin: origin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	token, err := signUp(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	h, err := api(authctx.Config{
		JWTKey: service.JWTKeyPEM(), Issuer: service.PublishableKey().Issuer(), AuthorizedParties: []string{origin},
	})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest("GET", "/", http.NoBody)
	req.Header.Set("Authorization", "Bearer "+token)
	if rec := ask(h, req); rec.Code != 200 {
		t.Errorf("status %d: %s", rec.Code, rec.Body)
	}
}
