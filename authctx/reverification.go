package authctx

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// Preset is a named reverification rule (protocol reference 5.2). A rule that
// [ReverificationWithin] makes has the name "second_factor 6m0s", after what it asks.
type Preset string

// The presets: which factors must have been verified, and how recently.
const (
	StrictMFA Preset = "strict_mfa" // both factors within 10 minutes
	Strict    Preset = "strict"     // the second factor within 10 minutes
	Moderate  Preset = "moderate"   // the second factor within an hour
	Lax       Preset = "lax"        // the second factor within a day
)

// Reverification requires that the user proved who they are recently. Where no second
// factor is enrolled the first one counts. Ages are as of when the token was made. An
// unknown preset is never met.
func Reverification(p Preset) Requirement {
	rule, ok := p.rule()
	if !ok {
		return Any()
	}
	return reverification{requirement(rule.met), p}
}

// ReverificationWithin is [Reverification] with a rule of one's own: the factors of level
// were verified less than limit ago. Tokens count in whole minutes, so a limit of a minute
// or less means just now. It is never met with an unknown level, or a limit that is not
// positive.
func ReverificationWithin(level wire.Level, limit time.Duration) Requirement {
	return Reverification(Preset(string(level) + " " + limit.String()))
}

// reverification remembers its preset, for guards that say what is missing.
type reverification struct {
	Requirement
	preset Preset
}

// verificationRule is what a preset asks.
type verificationRule struct {
	Level wire.Level
	Limit time.Duration
}

var presets = map[Preset]verificationRule{
	StrictMFA: {wire.LevelMultiFactor, 10 * time.Minute},
	Strict:    {wire.LevelSecondFactor, 10 * time.Minute},
	Moderate:  {wire.LevelSecondFactor, time.Hour},
	Lax:       {wire.LevelSecondFactor, 24 * time.Hour},
}

// rule finds out what p asks; ok is false when that is nothing known.
func (p Preset) rule() (r verificationRule, ok bool) {
	if r, ok = presets[p]; ok {
		return r, true
	}
	level, limit, _ := strings.Cut(string(p), " ")
	switch r.Level = wire.Level(level); r.Level {
	case wire.LevelFirstFactor, wire.LevelSecondFactor, wire.LevelMultiFactor:
		var err error
		r.Limit, err = time.ParseDuration(limit)
		return r, err == nil && r.Limit > 0
	}
	return r, false
}

// MarshalJSON writes a preset as its name and any other rule as the reference does, so
// that its browser code knows what to ask for (protocol reference 6.10).
func (p Preset) MarshalJSON() ([]byte, error) {
	r, ok := p.rule()
	if _, named := presets[p]; named || !ok {
		return json.Marshal(string(p))
	}
	return json.Marshal(struct {
		Level        wire.Level `json:"level"`
		AfterMinutes float64    `json:"afterMinutes"`
	}{r.Level, r.Limit.Minutes()})
}

// met compares ages, in minutes and -1 for never, with the limit, which itself is too old.
func (r verificationRule) met(a *Auth) bool {
	first, second, ok := a.FactorAges()
	fresh := func(age int) bool { return age >= 0 && float64(age) < r.Limit.Minutes() }
	switch {
	case !ok:
		return false
	case second == -1 || r.Level == wire.LevelFirstFactor:
		return fresh(first)
	case r.Level == wire.LevelMultiFactor:
		return fresh(first) && fresh(second)
	}
	return fresh(second)
}
