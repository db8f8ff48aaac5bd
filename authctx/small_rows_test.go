package authctx_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestR1_DomainOfADevelopmentSatellite: an app on a port of localhost, as the reference
// takes it.
func TestR1_DomainOfADevelopmentSatellite(t *testing.T) {
	t.Parallel()
	for domain, ok := range map[string]map[bool]bool{
		"localhost:3001":            {false: true, true: false},
		"http://localhost:3001":     {false: true, true: false},
		"https://app.example.net":   {false: true, true: false},
		"app.example.net":           {false: true, true: true},
		"http://localhost:3001/app": {false: false, true: false},
		"local host":                {false: false, true: false},
	} {
		for live, want := range ok {
			_, err := authctx.New(authctx.Config{
				PublishableKey: wire.NewPublishableKey(live, "clerk.example.com").String(), SecretKey: "sk_test_x",
				IsSatellite: true, Domain: domain, SignInURL: "http://localhost:3000/sign-in", AuthorizedParties: []string{"http://localhost:3001"},
			})
			if (err == nil) != want {
				t.Errorf("Domain %q, live %v: %v", domain, live, err)
			}
		}
	}
}

// TestR5_SeveralIssuers: an instance that moved is known by both its names.
func TestR5_SeveralIssuers(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.Issuer, cfg.Issuers = "https://one.example", []string{"https://two.example", "https://three.example"}
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for iss, ok := range map[string]bool{"https://one.example": true, "https://two.example": true, "https://three.example": true, "https://four.example": false, "": false} {
		if _, err := a.Verify(t.Context(), authtest.Token(t, authtest.Claim("iss", iss))); (err == nil) != ok {
			t.Errorf("iss %q: %v", iss, err)
		}
	}
	cfg.Issuers = []string{""}
	if _, err := authctx.New(cfg); err == nil || !strings.Contains(err.Error(), "Issuers") {
		t.Errorf("an empty issuer: %v", err)
	}
}

// TestA10_NoCategoryIsAnotherKind: cat null is none of a session's categories.
func TestA10_NoCategoryIsAnotherKind(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(authtest.Token(t), ".")
	head := `{"alg":"RS256","cat":null,"kid":"k","typ":"JWT"}`
	_, err = a.Verify(t.Context(), base64.RawURLEncoding.EncodeToString([]byte(head))+"."+body)
	if v, ok := errors.AsType[*authctx.VerifyError](err); !ok || v.Reason != wire.ReasonTokenTypeMismatch {
		t.Errorf("got %v, want %s", err, wire.ReasonTokenTypeMismatch)
	}
}

// TestB24_APIURLWithAPath: every client has the same rule.
func TestB24_APIURLWithAPath(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://api.example.com/gateway": true, "https://api.example.com/gateway/": true, "http://127.0.0.1:8081/x": true, "http://localhost:8081": true,
		"https://api.example.com/v1": false, "http://api.example.com/x": false, "https://api.example.com/x?y=1": false,
	} {
		cfg := authtest.Config(t)
		cfg.SecretKey, cfg.APIURL, cfg.Transport = "sk_test_x", address, nil
		if _, err := authctx.New(cfg); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestB15_OriginsInOtherScripts are refused at the start with the spelling that works.
func TestB15_OriginsInOtherScripts(t *testing.T) {
	t.Parallel()
	for field, set := range map[string]func(*authctx.Config, string){
		"PublicOrigin":           func(c *authctx.Config, o string) { c.PublicOrigin = o },
		"AuthorizedParties":      func(c *authctx.Config, o string) { c.AuthorizedParties = []string{o} },
		"AllowedRedirectOrigins": func(c *authctx.Config, o string) { c.AllowedRedirectOrigins = []string{o} },
	} {
		for origin, hint := range map[string]string{
			"https://bücher.example": "https://xn--bcher-kva.example", "https://App.example": "https://app.example",
			"https://app.example:443": "https://app.example", "https://xn--bcher-kva.example": "",
		} {
			cfg := authtest.Config(t)
			set(&cfg, origin)
			if _, err := authctx.New(cfg); (err == nil) != (hint == "") || err != nil && !strings.Contains(err.Error(), hint) {
				t.Errorf("%s %q: %v", field, origin, err)
			}
		}
	}
}
