package authctx_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestReverificationWithin goes through levels, ages and limits (protocol reference 5.2).
func TestReverificationWithin(t *testing.T) {
	t.Parallel()
	const one, two, both = wire.LevelFirstFactor, wire.LevelSecondFactor, wire.LevelMultiFactor
	for _, tt := range []struct {
		ages  string
		level wire.Level
		limit time.Duration
		want  bool
	}{
		{"[5,-1]", two, 6 * time.Minute, true},
		{"[5,-1]", two, 5 * time.Minute, false},
		{"[5,-1]", two, 5*time.Minute + time.Second, true},
		{"[5,-1]", one, 6 * time.Minute, true},
		{"[5,-1]", one, 5 * time.Minute, false},
		{"[5,-1]", both, 6 * time.Minute, true},
		{"[5,20]", one, 10 * time.Minute, true},
		{"[5,20]", two, 10 * time.Minute, false},
		{"[5,20]", both, 10 * time.Minute, false},
		{"[20,5]", one, 10 * time.Minute, false},
		{"[20,5]", two, 10 * time.Minute, true},
		{"[20,5]", both, 10 * time.Minute, false},
		{"[5,5]", both, 10 * time.Minute, true},
		{"[-1,3]", one, 10 * time.Minute, false},
		{"[-1,3]", two, 10 * time.Minute, true},
		{"[-1,3]", both, 10 * time.Minute, false},
		{"[0,-1]", two, time.Nanosecond, true},
		{"[0,-1]", two, 0, false},
		{"[0,-1]", two, -time.Minute, false},
		{"[1,-1]", two, 1<<63 - 1, true},
		{"[9223372036854775807,-1]", two, time.Hour, false}, // must not wrap around
		{"[153722867280913,-1]", two, time.Hour, false},
		{"[-1,-1]", one, time.Hour, false},
		{"null", one, time.Hour, false},
		{"[0]", one, time.Hour, false},
		{`["0","0"]`, one, time.Hour, false},
		{"[0,-1]", "", time.Hour, false},
		{"[0,-1]", "third_factor", time.Hour, false},
		{"[0,-1]", "second_factor 1h", time.Hour, false},
		{"[0,-1]", "strict", time.Hour, false},
	} {
		a := identity(t, authtest.Claim("fva", json.RawMessage(tt.ages)))
		if got := a.Has(authctx.ReverificationWithin(tt.level, tt.limit)); got != tt.want {
			t.Errorf("%s, %q within %v: %v, want %v", tt.ages, tt.level, tt.limit, got, tt.want)
		}
	}
}

// TestPresetsAreRules: each preset is met exactly when the rule it stands for is.
func TestPresetsAreRules(t *testing.T) {
	t.Parallel()
	rules := map[authctx.Preset]authctx.Requirement{
		authctx.StrictMFA: authctx.ReverificationWithin(wire.LevelMultiFactor, 10*time.Minute),
		authctx.Strict:    authctx.ReverificationWithin(wire.LevelSecondFactor, 10*time.Minute),
		authctx.Moderate:  authctx.ReverificationWithin(wire.LevelSecondFactor, time.Hour),
		authctx.Lax:       authctx.ReverificationWithin(wire.LevelSecondFactor, 24*time.Hour),
	}
	ages := []int{-1, 0, 9, 10, 59, 60, 1439, 1440}
	for _, first := range ages {
		for _, second := range ages {
			a := identity(t, authtest.Claim("fva", []int{first, second}))
			for preset, rule := range rules {
				if got, want := a.Has(authctx.Reverification(preset)), a.Has(rule); got != want {
					t.Errorf("%s at [%d,%d]: %v, but its rule says %v", preset, first, second, got, want)
				}
			}
		}
	}
}

// TestReverificationDenied: a guard tells the browser what to ask for, a name for presets
// and an object for other rules (protocol reference 6.10).
func TestReverificationDenied(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		req  authctx.Requirement
		want string // "" is a plain 403
	}{
		"a preset":         {authctx.Reverification(authctx.Moderate), `"moderate"`},
		"a rule":           {authctx.ReverificationWithin(wire.LevelSecondFactor, 6*time.Minute), `{"level":"second_factor","afterMinutes":6}`},
		"half a minute":    {authctx.ReverificationWithin(wire.LevelFirstFactor, 30*time.Second), `{"level":"first_factor","afterMinutes":0.5}`},
		"an unknown level": {authctx.ReverificationWithin("x", time.Hour), ""},
	} {
		a, err := authctx.New(authtest.Config(t))
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		h := a.Handler(authctx.RequireAPI(tt.req)(http.NotFoundHandler()))
		h.ServeHTTP(rec, authtest.NewRequest(t, "GET", "/", authtest.Claim("fva", []int{5000, 5000})))
		want := fmt.Sprintf(`{"clerk_error":{"type":"forbidden","reason":"reverification-error","metadata":{"reverification":%s}}}`, tt.want)
		if tt.want == "" {
			want = "authorization_invalid"
		}
		if rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

// TestPresetJSON writes names that are no presets as they are.
func TestPresetJSON(t *testing.T) {
	t.Parallel()
	for preset, want := range map[authctx.Preset]string{
		"strict": `"strict"`, "": `""`, "x": `"x"`, "second_factor": `"second_factor"`, "second_factor 0s": `"second_factor 0s"`,
		"multi_factor 1h0m0s": `{"level":"multi_factor","afterMinutes":60}`,
	} {
		if got, err := json.Marshal(preset); err != nil || string(got) != want {
			t.Errorf("%q: %s, %v", preset, got, err)
		}
	}
}
