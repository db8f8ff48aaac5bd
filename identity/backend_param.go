package identity

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/usherauth/usher/wire"
)

// textParam is a text in a JSON body that null or "" clears and that may be left out.
type textParam struct {
	given bool
	value string
}

// UnmarshalJSON implements [json.Unmarshaler].
func (p *textParam) UnmarshalJSON(raw []byte) error {
	p.given, p.value = true, ""
	if string(raw) == "null" {
		return nil
	}
	return json.Unmarshal(raw, &p.value)
}

// set writes a text that was given.
func (p textParam) set(dst *string) {
	if p.given {
		*dst = p.value
	}
}

// orFalse is a flag that may be left out or null.
func orFalse(b *bool) bool { return b != nil && *b }

// timeParam reads a time of RFC 3339 that may be left out, null or empty.
func timeParam(param string, s *string, dst *time.Time) error {
	if s == nil || *s == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, *s)
	if err != nil || t.Year() < 1970 || t.UnixMilli() > maxMillis {
		return invalid(param, wire.CodeParamFormatInvalid, param+" must be a time such as 2012-10-20T07:15:20.902Z.")
	}
	*dst = t.UTC().Truncate(time.Millisecond)
	return nil
}

// secondsParam reads a number of seconds that may be left out.
func secondsParam(param string, n *int64, def, least, most time.Duration) (time.Duration, error) {
	if n == nil {
		return def, nil
	}
	if *n < int64(least/time.Second) || *n > int64(most/time.Second) {
		return 0, invalid(param, wire.CodeParamFormatInvalid,
			param+" must be a number from "+decimal(int(least/time.Second))+" to "+decimal(int(most/time.Second))+".")
	}
	return time.Duration(*n) * time.Second, nil
}

// notOffered is a 501 about a parameter that asks for something this service does not have.
func notOffered(param, what string) *apiError {
	e := refuse(http.StatusNotImplemented, wire.CodeNotImplemented, "This service does not have "+what+", so "+param+" cannot be set.")
	e.errs[0].Meta = &wire.ErrorMeta{ParamName: param}
	return e
}
