package authctx_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestMachineAnswers maps what the service says to reasons. unknown is "cannot tell",
// which guards answer with 503.
func TestMachineAnswers(t *testing.T) {
	t.Parallel()
	const good = `"id":"ak_id","subject":"user_1"`
	for name, tt := range map[string]struct {
		status  int
		body    string
		want    wire.Reason
		unknown bool
	}{
		"known":                         {200, "{" + good + "}", "", false},
		"known, with unknown members":   {200, "{" + good + `,"new":{"a":[1]}}`, "", false},
		"not known":                     {404, `{"errors":[{"code":"resource_not_found"}]}`, wire.ReasonTokenInvalid, false},
		"secret key refused":            {401, `{"errors":[{"code":"clerk_key_invalid"}]}`, wire.ReasonSecretKeyInvalid, true},
		"secret key refused, no reason": {401, `no`, wire.ReasonSecretKeyInvalid, true},
		"bad request":                   {400, `{}`, wire.ReasonUnexpected, true},
		"too many requests":             {429, `{}`, wire.ReasonUnexpected, true},
		"broken":                        {500, `{}`, wire.ReasonUnexpected, true},
		"no answer":                     {0, ``, wire.ReasonUnexpected, true},
		"redirect":                      {302, ``, wire.ReasonUnexpected, true},
		"truncated":                     {200, `{` + good, wire.ReasonUnexpected, true},
		"a list":                        {200, `[{` + good + `}]`, wire.ReasonUnexpected, true},
		"L03 a member twice":            {200, `{` + good + `,"subject":"user_2"}`, wire.ReasonUnexpected, true},
		"L03 too large":                 {200, `{` + good + `,"x":"` + strings.Repeat("y", 17<<10) + `"}`, wire.ReasonUnexpected, true},
		"no id":                         {200, `{"subject":"user_1"}`, wire.ReasonUnexpected, true},
		"no subject":                    {200, `{"id":"ak_id"}`, wire.ReasonUnexpected, true},
		"subject is a number":           {200, `{"id":"ak_id","subject":1}`, wire.ReasonUnexpected, true},
		"names in other case":           {200, `{"ID":"ak_id","Subject":"user_1"}`, wire.ReasonUnexpected, true},
		"revoked, stricter":             {200, `{` + good + `,"revoked":true}`, wire.ReasonTokenInvalid, false},
		"expired, stricter":             {200, `{` + good + `,"expired":true}`, wire.ReasonTokenInvalid, false},
		"deleted, stricter":             {200, `{` + good + `,"deleted":true}`, wire.ReasonTokenInvalid, false},
		"revoked in other words":        {200, `{` + good + `,"revoked":"yes"}`, wire.ReasonTokenInvalid, false},
		"past expiration, stricter":     {200, `{` + good + `,"expired":false,"expiration":1799999995000}`, wire.ReasonTokenInvalid, false},
		"expiration within the skew":    {200, `{` + good + `,"expiration":1799999996000}`, "", false},
		"expiration is not a time":      {200, `{` + good + `,"expiration":"soon"}`, wire.ReasonUnexpected, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &machineService{answer: func(machineCall) (int, string) { return tt.status, tt.body }}
			got := accepting(t, s, wire.TokenAPIKey).Authenticate(withToken(t, "ak_1"))
			if got.Reason != tt.want || (got.Auth.TokenType() != "") != (tt.want == "") || got.Auth.Unknown() != tt.unknown {
				t.Errorf("%q, unknown %v; want %q, %v", got.Reason, got.Auth.Unknown(), tt.want, tt.unknown)
			}
			if h := got.Header.Get(wire.HeaderAuthReason); h != string(tt.want) {
				t.Errorf("header says %q", h)
			}
		})
	}
}

// TestMachineAudience holds the audience option for opaque OAuth tokens: unlike for
// sessions it must be there. Other kinds have none.
func TestMachineAudience(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		token, aud string
		want       wire.Reason
	}{
		"the audience":      {"oat_1", `"api"`, ""},
		"among others":      {"oat_1", `["x","api"]`, ""},
		"and the empty one": {"oat_1", `["","api"]`, wire.ReasonTokenVerificationFailed},
		"another":           {"oat_1", `"x"`, wire.ReasonTokenVerificationFailed},
		"none":              {"oat_1", `null`, wire.ReasonTokenVerificationFailed},
		"an API key's none": {"ak_1", `null`, ""},
	} {
		s := &machineService{answer: func(machineCall) (int, string) { return 200, `{"id":"i","subject":"user_1","aud":` + tt.aud + `}` }}
		cfg := machineConfig(t, s, wire.TokenAny)
		cfg.Audience = []string{"api"}
		if got := ask(t, cfg, withToken(t, tt.token)); got.auth.Reason() != tt.want {
			t.Errorf("%s: %q, want %q", name, got.auth.Reason(), tt.want)
		}
	}
}

// TestMachineGarbage costs no call: neither what is too long nor what no token can hold, nor
// what has the form of a JWT and is none.
func TestMachineGarbage(t *testing.T) {
	t.Parallel()
	s := &machineService{answer: answers200}
	a := accepting(t, s, wire.TokenAPIKey)
	for _, tok := range []string{"ak_\"", "ak_a,b", "ak_ü", "ak_\x80", "ak_" + strings.Repeat("a", 9000), "ak_a\tb", "ak_<script>", "ak_a.b.c", "ak_.b-c._"} {
		if got := a.Authenticate(withToken(t, tok)); got.Reason != wire.ReasonTokenInvalid {
			t.Errorf("%.20q: %q", tok, got.Reason)
		}
	}
	if s.count() != 0 {
		t.Errorf("%d calls", s.count())
	}
}

// clocked is an authenticator for API keys on the clock of a synctest bubble.
func clocked(t *testing.T, s *machineService) *authctx.Authenticator {
	t.Helper()
	cfg := machineConfig(t, s, wire.TokenAPIKey)
	cfg.Now = time.Now
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func keyReason(a *authctx.Authenticator, tok string) wire.Reason { return keyReasonFrom(a, "", tok) }

func keyReasonFrom(a *authctx.Authenticator, remote, tok string) wire.Reason {
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
	req.Header.Set("Authorization", "Bearer "+tok)
	req.RemoteAddr = remote
	return a.Authenticate(req).Reason
}

// TestOneNetworkKeepsNoMachineOut makes up keys in one network while another sends a good
// one for the first time.
func TestOneNetworkKeepsNoMachineOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &machineService{answer: func(c machineCall) (int, string) {
			if strings.HasPrefix(c.token, "ak_bad") {
				return refuses(c)
			}
			return answers200(c)
		}}
		a := clocked(t, s)
		for i := range 100 {
			keyReasonFrom(a, "192.0.2.1:4000", fmt.Sprintf("ak_bad%d", i))
		}
		if got := keyReasonFrom(a, "192.0.2.1:4000", "ak_1"); got != wire.ReasonUnexpected {
			t.Errorf("the same network: %q", got)
		}
		if got := keyReasonFrom(a, "198.51.100.7:4000", "ak_1"); got != "" {
			t.Errorf("another network: %q", got)
		}
	})
}

// TestMachineIsRemembered counts calls over time: a good token is asked for again after a
// minute, a bad one after ten seconds, and an unreachable service at once.
func TestMachineIsRemembered(t *testing.T) {
	t.Parallel()
	expiration := func(d time.Duration) string { return fmt.Sprintf(`,"expiration":%d`, time.Now().Add(d).UnixMilli()) }
	for name, tt := range map[string]struct {
		answer func() (int, string)
		quiet  time.Duration // no second call within
		again  time.Duration // but one after
	}{
		"good": {func() (int, string) { return 200, `{"id":"i","subject":"user_1"}` }, 59 * time.Second, 61 * time.Second},
		"good, but ends soon": {
			func() (int, string) { return 200, `{"id":"i","subject":"user_1"` + expiration(20*time.Second) + `}` }, 24 * time.Second, 26 * time.Second,
		},
		"good, just past its end": {
			func() (int, string) { return 200, `{"id":"i","subject":"user_1"` + expiration(-2*time.Second) + `}` }, 2 * time.Second, 6 * time.Second,
		},
		"bad":          {func() (int, string) { return 404, `{}` }, 9 * time.Second, 11 * time.Second},
		"revoked":      {func() (int, string) { return 200, `{"id":"i","subject":"user_1","revoked":true}` }, 9 * time.Second, 11 * time.Second},
		"no answer":    {func() (int, string) { return 500, `{}` }, 0, time.Millisecond},
		"bad secret":   {func() (int, string) { return 401, `{}` }, 0, time.Millisecond},
		"nonsense":     {func() (int, string) { return 200, `{}` }, 0, time.Millisecond},
		"429, 20 s":    {func() (int, string) { return 429, `{}` }, 19 * time.Second, 21 * time.Second},
		"not for ever": {func() (int, string) { return 200, `{"id":"i","subject":"user_1","expiration":null}` }, time.Minute - 1, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &machineService{answer: func(machineCall) (int, string) { return tt.answer() }}
				a := clocked(t, s)
				first := keyReason(a, "ak_1")
				if tt.quiet > 0 {
					time.Sleep(tt.quiet)
					if keyReason(a, "ak_1") != first || s.count() != 1 {
						t.Errorf("%d calls within %v", s.count(), tt.quiet)
					}
				}
				time.Sleep(tt.again - tt.quiet)
				keyReason(a, "ak_1")
				if s.count() != 2 {
					t.Errorf("%d calls after %v, want 2", s.count(), tt.again)
				}
			})
		})
	}
}

// TestMachineRevocation: a revoked key stops working within a minute, and a service that
// is down by then does not prolong its life.
func TestMachineRevocation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status := 200
		s := &machineService{answer: func(machineCall) (int, string) { return status, `{"id":"i","subject":"user_1"}` }}
		a := clocked(t, s)
		for _, step := range []struct {
			status int
			want   wire.Reason
		}{{200, ""}, {500, wire.ReasonUnexpected}, {200, ""}, {404, wire.ReasonTokenInvalid}, {200, ""}} {
			status = step.status
			if got := keyReason(a, "ak_1"); got != step.want {
				t.Errorf("status %d: %q, want %q", step.status, got, step.want)
			}
			time.Sleep(61 * time.Second)
		}
	})
}

// TestTrap15_FloodOfUnknownTokens sends 10,000 made-up keys in one second: the service
// gets its allowance of calls, the rest is 503 at once, and a key in use keeps working,
// also when its minute is over in the middle of the flood.
func TestTrap15_FloodOfUnknownTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &machineService{answer: func(c machineCall) (int, string) {
			if c.token == "ak_good" {
				return answers200(c)
			}
			return refuses(c)
		}}
		a := clocked(t, s)
		if got := keyReason(a, "ak_good"); got != "" {
			t.Fatal(got)
		}
		time.Sleep(59500 * time.Millisecond) // its minute is over in the middle of the flood
		seen := map[wire.Reason]int{}
		for i := range 10_000 {
			seen[keyReason(a, fmt.Sprintf("ak_%d", i))]++
			time.Sleep(100 * time.Microsecond)
			if i%1000 == 0 && keyReason(a, "ak_good") != "" {
				t.Error("the key in use is refused")
			}
		}
		if calls := s.count(); calls > 45 { // 20 at once, 20 in the second, and the good one's
			t.Errorf("%d calls", calls)
		}
		if seen[wire.ReasonTokenInvalid] == 0 || seen[wire.ReasonUnexpected] < 9_900 {
			t.Errorf("answers are %v", seen)
		}
		if n := authctx.RememberedMachines(a); n > 50 {
			t.Errorf("%d tokens are remembered", n)
		}
	})
}

// TestRevokedIsAStranger: a token that was good once and is no longer has no more claim to
// calls than a made-up one.
func TestRevokedIsAStranger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		good := true
		s := &machineService{answer: func(c machineCall) (int, string) {
			if good {
				return answers200(c)
			}
			return refuses(c)
		}}
		a := clocked(t, s)
		keyReason(a, "ak_1")
		good = false
		time.Sleep(time.Minute)
		if got := keyReason(a, "ak_1"); got != wire.ReasonTokenInvalid {
			t.Fatal(got)
		}
		time.Sleep(time.Minute)
		for i := range 30 {
			keyReason(a, fmt.Sprintf("ak_made_up%d", i))
		}
		calls := s.count()
		if got := keyReason(a, "ak_1"); got != wire.ReasonUnexpected || s.count() != calls {
			t.Errorf("%q, %d more calls", got, s.count()-calls)
		}
	})
}

// TestMachineMemoryIsBounded verifies more good and more bad tokens than are kept.
func TestMachineMemoryIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &machineService{answer: func(c machineCall) (int, string) {
			if strings.HasPrefix(c.token, "ak_bad") {
				return refuses(c)
			}
			return answers200(c)
		}}
		a := clocked(t, s)
		for i := range 3000 {
			time.Sleep(100 * time.Millisecond) // as many as strangers may ask
			keyReason(a, fmt.Sprintf("ak_bad%d", i))
			keyReason(a, fmt.Sprintf("ak_good%d", i))
		}
		if n := authctx.RememberedMachines(a); n > 4096 || n < 2048 {
			t.Errorf("%d tokens are remembered", n)
		}
		if keyReason(a, "ak_good2999") != "" {
			t.Error("the last one is refused")
		}
	})
}

// TestMachineFlightsAreShared: a thousand requests with one new key are one call, and
// those with other keys get their answer at once when too many calls are under way.
func TestMachineFlightsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &machineService{answer: func(c machineCall) (int, string) {
			time.Sleep(2 * time.Second)
			return answers200(c)
		}}
		a := clocked(t, s)
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if got := keyReason(a, "ak_1"); got != "" {
					t.Error(got)
				}
			})
		}
		wg.Wait()
		if s.count() != 1 {
			t.Errorf("%d calls for one key", s.count())
		}
		start := time.Now()
		for i := range 20 {
			wg.Go(func() { keyReason(a, fmt.Sprintf("ak_slow%d", i)) })
		}
		synctest.Wait()
		if got := keyReason(a, "ak_more"); got != wire.ReasonUnexpected || time.Since(start) > 0 {
			t.Errorf("%q after %v", got, time.Since(start))
		}
		if keyReason(a, "ak_1") != "" {
			t.Error("a remembered key waits for others")
		}
		wg.Wait()
		if n := s.count(); n != 1+8 {
			t.Errorf("%d calls, want 9", n)
		}
	})
}

// TestMachineOutlivesItsRequest: whoever asked first may leave; the others still get the
// answer, and the one who left is told nothing about the token.
func TestMachineOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &machineService{answer: func(c machineCall) (int, string) {
			time.Sleep(time.Second)
			return answers200(c)
		}}
		a := clocked(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan wire.Reason)
		req := authtest.NewRequest(t, "GET", "/", authtest.SignedOut()).WithContext(ctx)
		req.Header.Set("Authorization", "Bearer ak_1")
		go func() { left <- a.Authenticate(req).Reason }()
		synctest.Wait()
		cancel()
		if got := <-left; got != wire.ReasonUnexpected {
			t.Errorf("who left is told %q", got)
		}
		if got := keyReason(a, "ak_1"); got != "" || s.count() != 1 {
			t.Errorf("%q, %d calls", got, s.count())
		}
	})
}

// TestL03_MachineServiceHangs: three seconds, then nothing is known and nothing is left.
func TestL03_MachineServiceHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := machineConfig(t, nil, wire.TokenAPIKey)
		cfg.Now = time.Now
		cfg.Transport = carrier(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		a, err := authctx.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if got := keyReason(a, "ak_1"); got != wire.ReasonUnexpected || time.Since(start) > 3*time.Second {
			t.Errorf("%q after %v", got, time.Since(start))
		}
	})
}

// TestR4_OAuthTokensShowAudienceAndActor, also when the service answers for an opaque one.
func TestR4_OAuthTokensShowAudienceAndActor(t *testing.T) {
	t.Parallel()
	s := &machineService{answer: func(machineCall) (int, string) {
		return 200, `{"id":"i","subject":"user_1","aud":["https://api.example.com"],"act":{"sub":"user_9","iss":"https://dashboard.example.com"}}`
	}}
	got := ask(t, machineConfig(t, s, wire.TokenAny), withToken(t, "oat_1")).auth.Machine()
	if got == nil || len(got.Audience) != 1 || got.Audience[0] != "https://api.example.com" || got.Actor == nil || got.Actor.Sub != "user_9" {
		t.Fatalf("machine %+v", got)
	}
}
