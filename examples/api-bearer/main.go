// Command api-bearer is an API for clients that send a Bearer token: no cookies, no
// pages, and no network to verify. It runs offline: go run ./examples/api-bearer
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

const origin = "http://localhost:8080"

// api needs the instance's public key only, CLERK_JWT_KEY of "web keys": it holds no
// secret. Without a publishable key the issuer has to be named.
func api(cfg authctx.Config) (http.Handler, error) {
	auth, err := authctx.New(cfg)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", authctx.RequireAPI()(http.HandlerFunc(whoAmI)))
	return auth.Handler(mux), nil
}

func whoAmI(w http.ResponseWriter, r *http.Request) {
	auth := authctx.FromContext(r.Context())
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"user_id": auth.UserID(), "session_id": auth.SessionID()})
}

// signUp plays a client of the Frontend API and returns its first session token.
func signUp(ctx context.Context, service *identity.Service) (string, error) {
	client := &http.Client{Transport: service.Transport()}
	form := url.Values{"email_address": {"ada@example.com"}, "password": {"four quiet words here"}}
	target := "https://" + service.PublishableKey().Host() + "/v1/client/sign_ups"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var answer wire.Response[wire.SignUp]
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return "", err
	}
	if answer.Client == nil || len(answer.Client.Sessions) == 0 || answer.Client.Sessions[0].LastActiveToken == nil {
		return "", fmt.Errorf("sign up: %s", res.Status)
	}
	return answer.Client.Sessions[0].LastActiveToken.JWT, nil
}

func main() {
	ctx := context.Background()
	service := must(identity.New(ctx, identity.Config{Store: memstore.New(), PublicOrigin: origin, TokenLifetime: time.Hour}))
	h := must(api(authctx.Config{
		JWTKey: service.JWTKeyPEM(), Issuer: service.PublishableKey().Issuer(), AuthorizedParties: []string{origin},
	}))
	fmt.Printf("curl -H 'Authorization: Bearer %s' %s\n", must(signUp(ctx, service)), origin)
	log.Fatal((&http.Server{Addr: "localhost:8080", Handler: h, ReadHeaderTimeout: 5 * time.Second}).ListenAndServe())
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
