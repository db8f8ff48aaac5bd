package views

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/usherauth/usher/authctx"
)

type fact struct{ name, value string }

// devQuestion is what the folded toolbar asks.
func devQuestion(auth *authctx.Auth) string {
	switch {
	case auth.SignedIn():
		return "How am I signed in?"
	case auth.Unknown():
		return "Why can nobody tell who I am?"
	}
	return "Why am I signed out?"
}

// devFacts is the record in the order of a reader's questions, without what it does not
// know. The time taken is in Server-Timing; here it would make equal pages differ.
func devFacts(r authctx.Record) []fact {
	var list []fact
	add := func(known bool, name, value string) {
		if known {
			list = append(list, fact{name, value})
		}
	}
	add(true, "Status", r.Status)
	add(r.Reason != "", "Reason", string(r.Reason))
	add(r.Source != "", "Decided by", r.Source)
	add(r.Kid != "", "Key", r.Kid)
	add(r.KeyAge > 0, "Keys fetched", ago(r.KeyAge))
	add(!r.IssuedAt.IsZero(), "Token issued", ago(r.Skew))
	add(r.Kid != "", "Verified before", map[bool]string{true: "yes, remembered", false: "no"}[r.CacheHit])
	add(!r.ClientUAT.IsZero(), "Sessions last changed", r.ClientUAT.Format(time.RFC3339))
	add(r.Redirects > 0, "Renewals on the way", strconv.Itoa(r.Redirects))
	return list
}

// ago puts an age into words; a negative one lies ahead.
func ago(d time.Duration) string {
	if d < 0 {
		return "in " + (-d).Round(time.Second).String() + ": the clocks differ"
	}
	return d.Round(time.Second).String() + " ago"
}

// devClaims is the JSON of the claims, indented for reading; "" without any.
func devClaims(auth *authctx.Auth) string {
	raw, err := auth.Claims().MarshalJSON()
	if err != nil || string(raw) == "null" {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return ""
	}
	return b.String()
}
