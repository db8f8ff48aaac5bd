package authctx_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

func TestNewReportsAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		edit func(*authctx.Config)
	}{
		{`ProxyURL "/__clerk?x=1"`, func(c *authctx.Config) { c.ProxyURL = "/__clerk?x=1" }},
		{`ProxyURL "https://app.example.com/__clerk#x"`, func(c *authctx.Config) { c.ProxyURL = "https://app.example.com/__clerk#x" }},
		{`ProxyURL "/a b"`, func(c *authctx.Config) { c.ProxyURL = "/a b" }},
		{`ProxyURL "/\\evil.example"`, func(c *authctx.Config) { c.ProxyURL = `/\evil.example` }},
		{`SignInURL "sign-in"`, func(c *authctx.Config) { c.SignInURL = "sign-in" }},
		{`SignUpURL "//evil.example/"`, func(c *authctx.Config) { c.SignUpURL = "//evil.example/" }},
		{`SignInURL "javascript:alert(1)"`, func(c *authctx.Config) { c.SignInURL = "javascript:alert(1)" }},
		{`AllowedRedirectOrigins: "sat.example.net"`, func(c *authctx.Config) {
			c.AllowedRedirectOrigins = []string{"https://*.example.com", "sat.example.net"}
		}},
		{`AllowedRedirectOrigins: "https://sat.example.net/back"`, func(c *authctx.Config) { c.AllowedRedirectOrigins = []string{"https://sat.example.net/back"} }},
	} {
		cfg := authctx.Config{JWTKey: authtest.Config(t).JWTKey}
		tt.edit(&cfg)
		if _, err := authctx.New(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("no word of %s: %v", tt.want, err)
		}
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := authctx.New(authctx.Config{
		PublishableKey: "sk_live_oops", SecretKey: "pk_test_oops", APIURL: "http://api.example.com", ProxyURL: "//evil",
		PublicOrigin: "app.example.com", AuthorizedParties: []string{"https://app.example.com/", "https://ok.example.com"},
		ClockSkew: -5, MaxTokenBytes: -1,
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"this is a secret key", "SecretKey holds a publishable key", "use https", "ProxyURL", "PublicOrigin",
		`"https://app.example.com/" is not an origin`, "ClockSkew", "MaxTokenBytes",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "ok.example.com") {
		t.Error("a good origin is reported")
	}
	if _, err := authctx.New(authctx.Config{}); err == nil || !strings.Contains(err.Error(), "SecretKey and JWTKey are both empty") {
		t.Errorf("the zero Config: %v", err)
	}
}

// TestV05_NoSecretInClearText: whatever key is there to verify sessions with, no secret one
// goes over http to another machine.
func TestV05_NoSecretInClearText(t *testing.T) {
	t.Parallel()
	pem := authtest.Config(t).JWTKey
	for name, cfg := range map[string]authctx.Config{
		"the secret key":                   {SecretKey: "sk_live_x"},
		"the secret key, beside a PEM key": {SecretKey: "sk_live_x", JWTKey: pem},
		"a machine's, alone":               {MachineSecretKey: "ak_x", AcceptsToken: []wire.TokenType{wire.TokenM2M}},
		"a machine's, beside a PEM key":    {MachineSecretKey: "ak_x", JWTKey: pem, AcceptsToken: []wire.TokenType{wire.TokenM2M}},
	} {
		for url, refused := range map[string]bool{"http://api.example.com": true, "http://127.0.0.1:8081": false, "https://api.example.com": false, "": false} {
			cfg.APIURL = url
			if _, err := authctx.New(cfg); (err != nil) != refused || refused && !strings.Contains(err.Error(), "use https") {
				t.Errorf("%s to %q: %v", name, url, err)
			}
		}
	}
}

func TestNewWithoutAPublishableKey(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.PublishableKey, cfg.PublicOrigin = "", ""
	got := ask(t, cfg, authtest.NewRequest(t, "GET", "/"))
	if got.outcome() != "signed-in user_test" {
		t.Errorf("by plain cookie: %s", got.outcome())
	}
	got = ask(t, cfg, authtest.NewRequest(t, "GET", "/", authtest.Bearer()))
	if got.outcome() != "signed-in user_test" {
		t.Errorf("by bearer: %s", got.outcome())
	}
}

func TestJ21_J22_J23_OtherPartiesTokens(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*authctx.Config)
		opt    authtest.Option
		want   string
	}{
		"another issuer":            {nil, authtest.Claim("iss", "https://clerk.other.example.com"), "signed-out token-invalid-issuer"},
		"issuer with a slash":       {nil, authtest.Claim("iss", "https://clerk.authtest.example.com/"), "signed-out token-invalid-issuer"},
		"issuers in an array":       {nil, authtest.Claim("iss", []string{"https://clerk.authtest.example.com"}), "signed-out token-invalid-issuer"},
		"another party":             {nil, authtest.Claim("azp", "http://evil.example.com"), "signed-out token-invalid-authorized-parties"},
		"a party in other case":     {nil, authtest.Claim("azp", "http://EXAMPLE.com"), "signed-out token-invalid-authorized-parties"},
		"no party":                  {nil, authtest.Claim("azp", nil), "signed-out token-invalid-authorized-parties"},
		"no party is asked for":     {func(c *authctx.Config) { c.AuthorizedParties = nil }, authtest.Claim("azp", nil), "signed-in user_test"},
		"an audience that fits":     {func(c *authctx.Config) { c.Audience = []string{"api"} }, authtest.Claim("aud", []string{"x", "api"}), "signed-in user_test"},
		"an audience that does not": {func(c *authctx.Config) { c.Audience = []string{"api"} }, authtest.Claim("aud", "web"), "signed-out token-verification-failed"},
		"an array with a number":    {func(c *authctx.Config) { c.Audience = []string{"api"} }, authtest.Claim("aud", []any{"api", 1}), "signed-out token-verification-failed"},
		"no audience, stricter":     {func(c *authctx.Config) { c.Audience = []string{"api"} }, authtest.Claim("x", 1), "signed-out token-verification-failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := authtest.Config(t)
			if tt.change != nil {
				tt.change(&cfg)
			}
			if got := ask(t, cfg, authtest.NewRequest(t, "GET", "/", tt.opt)); got.outcome() != tt.want {
				t.Errorf("%s, want %s", got.outcome(), tt.want)
			}
		})
	}
}

func TestK06_StaticKeyForms(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	good := block("PUBLIC KEY", spki)
	for name, tt := range map[string]struct {
		pem string
		ok  bool
	}{
		"SPKI":                {good, true},
		"PKCS #1":             {block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey)), true},
		"CRLF":                {strings.ReplaceAll(good, "\n", "\r\n"), true},
		"escaped line breaks": {strings.ReplaceAll(good, "\n", `\n`), true},
		"a private key":       {block("PRIVATE KEY", []byte("x")), false},
		"a certificate":       {block("CERTIFICATE", spki), false},
		"no armour":           {"MIIB", false},
		"garbage inside":      {block("PUBLIC KEY", []byte("garbage")), false},
	} {
		cfg := authtest.Config(t)
		cfg.JWTKey = tt.pem
		_, err := authctx.New(cfg)
		if (err == nil) != tt.ok {
			t.Errorf("%s: error %v, want accepted %v", name, err, tt.ok)
		}
		if err != nil && strings.Contains(err.Error(), good[30:60]) {
			t.Errorf("%s: the error quotes the key", name)
		}
	}
}

func TestV02_ConfigIsRedacted(t *testing.T) {
	t.Parallel()
	cfg := authctx.Config{SecretKey: "sk_live_verysecret"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("started", "config", cfg)
	asJSON, _ := json.Marshal(struct{ C any }{cfg.LogValue().String()})
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", cfg), "%+v": fmt.Sprintf("%+v", cfg), "%#v": fmt.Sprintf("%#v", cfg), "slog": log.String(), "JSON": string(asJSON),
	} {
		if strings.Contains(text, "verysecret") {
			t.Errorf("%s shows the secret key: %s", name, text)
		}
	}
}

func TestJ04_LogsStayClean(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	cfg := authtest.Config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	req := authtest.NewRequest(t, "GET", "/", authtest.Claim("azp", "http://evil.example\nuser=admin"))
	ask(t, cfg, req)
	if lines := strings.Count(log.String(), "\n"); lines != 2 || !strings.Contains(log.String(), "reason=token-invalid-authorized-parties") {
		t.Errorf("log:\n%s", log.String())
	}
	if strings.Contains(log.String(), "eyJ") {
		t.Error("V02: the log holds a token")
	}
}
