package token_test

import (
	"testing"

	"github.com/usherauth/usher/internal/token"
)

func TestDate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		raw  string
		want float64
		ok   bool
	}{
		"seconds":                     {`1800000000`, 1800000000, true},
		"J17 a fraction":              {`1800000000.5`, 1800000000.5, true},
		"J17 an exponent":             {`18e8`, 1800000000, true},
		"J15 zero":                    {`0`, 0, true},
		"J15 minus zero":              {`-0`, 0, true},
		"J15 negative":                {`-5`, -5, true},
		"J16 too large for an int64":  {`1e300`, 0, false},
		"J16 too large for a float64": {`1e400`, 0, false},
		"J16 the largest int64":       {`9223372036854775807`, 0, false},
		"J16 milliseconds":            {`1800000000000`, 0, false},
		"J14 a numeric string":        {`"1800000000"`, 0, false},
		"J14 null":                    {`null`, 0, false},
		"J14 true":                    {`true`, 0, false},
		"J14 an array":                {`[1]`, 0, false},
	} {
		o, err := token.ParseObject(`{"exp":` + tt.raw + `}`)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, present, ok := o.Date("exp")
		if !present || ok != tt.ok || got != tt.want {
			t.Errorf("%s: Date = %v, %v, %v, want %v, ok %v", name, got, present, ok, tt.want, tt.ok)
		}
	}
	o, _ := token.ParseObject(`{"Exp":1}`)
	if _, present, ok := o.Date("exp"); present || !ok {
		t.Error("J10: Exp was read as exp")
	}
}
