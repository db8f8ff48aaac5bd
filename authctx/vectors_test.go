package authctx_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

func load(t testing.TB, name string, to any) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatal(err)
	}
}

// sessionVectors is testdata/vectors/session-tokens.json.
type sessionVectors struct {
	Defaults vectorConfig
	KeySets  map[string]json.RawMessage `json:"key_sets"`
	Cases    []struct {
		ID, Token, JWKS, Expect, Level string
		Now                            int64
		Config                         json.RawMessage
		Reason                         []string
		Sub                            string `json:"sub_if_accepted"`
	}
}

type vectorConfig struct {
	Issuer   string
	Parties  []string `json:"authorized_parties"`
	Skew     int      `json:"clock_skew_s"`
	Audience []string
	MaxBytes int `json:"max_token_bytes"`
}

// keyServer publishes one key set and counts how often it is asked and by whom.
func keyServer(t testing.TB, set json.RawMessage) (url string, calls *atomic.Int64) {
	t.Helper()
	calls = new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.URL.Path != "/v1/jwks" || r.Header.Get("Authorization") != "Bearer sk_test_x" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(set)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, calls
}

func (c vectorConfig) authenticator(t testing.TB, url string, now int64) *authctx.Authenticator {
	t.Helper()
	skew := time.Duration(c.Skew) * time.Second
	if c.Skew == 0 {
		skew = authctx.NoClockSkew
	}
	a, err := authctx.New(authctx.Config{
		SecretKey: "sk_test_x", APIURL: url, Issuer: c.Issuer, AuthorizedParties: c.Parties, Audience: c.Audience,
		ClockSkew: skew, MaxTokenBytes: c.MaxBytes, Now: func() time.Time { return time.Unix(now, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestJ_SessionTokens runs every case of the session-token vectors, which cover rows J01
// to J28, twice: what was refused once is refused again, and what was accepted is
// accepted from the cache.
func TestJ_SessionTokens(t *testing.T) {
	t.Parallel()
	var file sessionVectors
	load(t, "session-tokens.json", &file)
	urls := map[string]string{}
	for name, set := range file.KeySets {
		urls[name], _ = keyServer(t, set)
	}
	seen := map[string]bool{}
	for _, c := range file.Cases {
		row := vectorRow(c.ID)
		seen[row] = true
		t.Run(row+"_"+c.ID, func(t *testing.T) {
			t.Parallel()
			cfg := file.Defaults
			if err := json.Unmarshal(c.Config, &cfg); err != nil {
				t.Fatal(err)
			}
			a := cfg.authenticator(t, urls[c.JWKS], c.Now)
			for range 2 {
				auth, err := a.Verify(t.Context(), c.Token)
				checkVector(t, c.Expect, c.Reason, c.Sub, auth, err)
			}
		})
	}
	for _, r := range vectorRows {
		if !seen[r.row] {
			t.Errorf("no case for row %s", r.row)
		}
	}
}

// vectorRows says which security row a case is about, by the beginning of its id.
var vectorRows = []struct{ row, prefix string }{
	{"J01", "alg-none"}, {"J01", "alg-missing"}, {"J01", "alg-number"}, {"J02", "alg-hs"}, {"J03", "alg-"},
	{"J04", "kid-"}, {"J05", "crit-"}, {"J06", "jwk-"}, {"J06", "jku-"},
	{"J07", "seg-"}, {"J07", "jwe-"}, {"J07", "jws-"}, {"J07", "ws-"}, {"J08", "b64-"},
	{"J09", "dup-"}, {"J09", "hdr-dup"}, {"J10", "case-"}, {"J10", "hdr-case"}, {"J11", "hdr-"}, {"J11", "payload-"},
	{"J12", "hdr-deep"}, {"J13", "big-"},
	{"J14", "exp-missing"}, {"J14", "exp-string"}, {"J14", "exp-object"}, {"J15", "exp-zero"}, {"J15", "exp-neg"},
	{"J16", "exp-1e300"}, {"J16", "exp-int64max"}, {"J16", "exp-millis"}, {"J16", "nbf-int64max"},
	{"J17", "exp-float"}, {"J17", "exp-exponent"}, {"J18", "exp-skew"}, {"J18", "exp-now"}, {"J18", "nbf-skew"}, {"J18", "iat-skew"}, {"J18", "exp-past"},
	{"J19", "nbf-"}, {"J19", "iat-"}, {"J20", "sub-missing"}, {"J20", "sub-null"}, {"J20", "sid-"},
	{"J21", "iss-"}, {"J22", "azp-"}, {"J23", "aud-"}, {"J24", "typ-"}, {"J24", "handshake-"}, {"J25", "cat-"}, {"J25", "sub-machine"},
	{"J27", "sig-expired"}, {"J28", "sig-"}, {"K01", "key-rotated"}, {"K04", "key-"}, {"M10", "sts-"}, {"ok", "ok-"},
}

// vectorRow finds the row with the longest prefix of id.
func vectorRow(id string) string {
	best, row := "", "other"
	for _, r := range vectorRows {
		if strings.HasPrefix(id, r.prefix) && len(r.prefix) > len(best) {
			best, row = r.prefix, r.row
		}
	}
	return row
}

func checkVector(t *testing.T, expect string, reasons []string, sub string, auth *authctx.Auth, err error) {
	t.Helper()
	var v *authctx.VerifyError
	if err != nil && !errors.As(err, &v) {
		t.Fatalf("error %v is no VerifyError", err)
	}
	switch {
	case expect == "accept" && err != nil:
		t.Errorf("refused (%v), want accepted", err)
	case expect == "reject" && err == nil:
		t.Errorf("accepted as %q, want refused", auth.UserID())
	case err == nil && auth.UserID() != sub:
		t.Errorf("subject %q, want %q", auth.UserID(), sub)
	case err != nil && len(reasons) > 0 && !slices.Contains(reasons, string(v.Reason)):
		t.Errorf("reason %q, want one of %q", v.Reason, reasons)
	}
}

// TestJ_NoKeyIsFetchedForNonsense: what a token says about itself is enough to refuse it
// before any network is used (J01, J04, J05, J06, J13).
func TestJ_NoKeyIsFetchedForNonsense(t *testing.T) {
	t.Parallel()
	var file sessionVectors
	load(t, "session-tokens.json", &file)
	url, calls := keyServer(t, file.KeySets["main"])
	a := file.Defaults.authenticator(t, url, 1800000000)
	for _, c := range file.Cases {
		for _, prefix := range []string{"alg-", "crit-", "seg-", "b64-", "ws-", "typ-at", "cat-", "big-", "jwe", "jws-json"} {
			if strings.HasPrefix(c.ID, prefix) && c.Expect == "reject" && !strings.HasPrefix(c.ID, "alg-rs512") {
				_, _ = a.Verify(t.Context(), c.Token)
			}
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d key fetches, want 0", n)
	}
}

// TestReferenceFixtures verifies tokens as the reference SDK's own tests have them.
func TestReferenceFixtures(t *testing.T) {
	t.Parallel()
	var file struct {
		Key    wire.JWK
		Valid  [2]int64 `json:"valid_between"`
		Tokens map[string]string
	}
	load(t, "clerk-fixtures.json", &file)
	set, err := json.Marshal(wire.JWKS{Keys: []wire.JWK{file.Key}})
	if err != nil {
		t.Fatal(err)
	}
	url, _ := keyServer(t, set)
	a := vectorConfig{Skew: 5}.authenticator(t, url, file.Valid[0]+20)
	for name, want := range map[string]wire.Reason{
		"mockJwt": "", "mockExpiredJwt": wire.ReasonTokenExpired, "mockInvalidSignatureJwt": wire.ReasonTokenInvalidSignature,
	} {
		if file.Tokens[name] == "" {
			t.Fatalf("no token %s in the fixtures", name)
		}
		_, err := a.Verify(t.Context(), file.Tokens[name])
		if got := reasonOf(err); got != want {
			t.Errorf("%s: reason %q, want %q", name, got, want)
		}
	}
}

func reasonOf(err error) wire.Reason {
	var v *authctx.VerifyError
	if errors.As(err, &v) {
		return v.Reason
	}
	return ""
}

// BenchmarkVerify compares a token seen before with one seen for the first time.
func BenchmarkVerify(b *testing.B) {
	var file sessionVectors
	load(b, "session-tokens.json", &file)
	url, _ := keyServer(b, file.KeySets["main"])
	tok := file.Cases[0].Token
	hit := file.Defaults.authenticator(b, url, 1800000000)
	if _, err := hit.Verify(b.Context(), tok); err != nil {
		b.Fatal(err)
	}
	b.Run("hit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = hit.Verify(context.Background(), tok)
		}
	})
	b.Run("miss", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			authctx.ForgetTokens(hit)
			_, _ = hit.Verify(context.Background(), tok)
		}
	})
}
