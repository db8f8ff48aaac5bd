package pages

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/usherauth/usher/authctx"
)

// claim is one row of the claims table.
type claim struct{ Name, Value, Meaning string }

// meanings of the registered claims and of the protocol's own (protocol reference 3.2).
var meanings = map[string]string{
	"azp": "origin it was made for",
	"exp": "expires",
	"fva": "minutes since each factor",

	"first_name": "first name",
	"last_name":  "last name",
	"image_url":  "picture",

	"iat": "issued",
	"iss": "issuer",
	"jti": "token id",
	"nbf": "not before",
	"o":   "active organization",
	"sid": "session",
	"sts": "session status",
	"sub": "user",
	"v":   "version",
}

// claimRows lists claims by name, each value as it was signed.
func claimRows(c authctx.Claims) []claim {
	text, err := json.Marshal(c)
	if err != nil {
		return nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
		return nil
	}
	rows := make([]claim, 0, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		rows = append(rows, claim{name, claimText(object[name]), meaning(name, object[name])})
	}
	return rows
}

// claimText shows strings without quotes and everything else as JSON.
func claimText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// meaning explains a claim, and says a date in words.
func meaning(name string, raw json.RawMessage) string {
	text := meanings[name]
	if name != "exp" && name != "iat" && name != "nbf" {
		return text
	}
	seconds, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return text
	}
	return text + " " + time.Unix(seconds, 0).UTC().Format("15:04:05 UTC")
}

// factorAges says when the factors were verified, as of when the token was made.
func factorAges(a *authctx.Auth) string {
	first, second, ok := a.FactorAges()
	if !ok {
		return "not said"
	}
	return "first " + age(first) + ", second " + age(second)
}

func age(minutes int) string {
	switch {
	case minutes < 0:
		return "never"
	case minutes == 0:
		return "just now"
	case minutes == 1:
		return "1 minute ago"
	}
	return strconv.Itoa(minutes) + " minutes ago"
}
