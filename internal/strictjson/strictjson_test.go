package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/usherauth/usher/internal/strictjson"
)

func TestCheckAndMend(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, fault, mended string }{
		{`{}`, "", `{}`},
		{` [1, -0.0, 0e999, 1e308, 1E-300] `, "", ` [1, -0.0, 0e999, 1e308, 1E-300] `},
		{`"\ud834\udd1e \\u0000 \\ud800 \""`, "", `"\ud834\udd1e \\u0000 \\ud800 \""`},
		{`{"a":{"a":1},"b":{"a":2},"A":["a:","a"]}`, "", `{"a":{"a":1},"b":{"a":2},"A":["a:","a"]}`},
		{`{"a":1,"a":2}`, `has the member "a" twice`, `{"a":2}`},
		{`{"a":1,"\u0061":2}`, `has the member "a" twice`, `{"a":2}`},
		{`[{"":1,"":["<"]}]`, `has the member "" twice`, `[{"":["<"]}]`},
		{`"\ud800"`, `surrogate \ud800`, "\"\ufffd\""},
		{`"\ud800\u0041"`, `surrogate \ud800`, "\"\ufffdA\""},
		{`"\udc00\ud800"`, `surrogate \udc00`, "\"\ufffd\ufffd\""},
		{`["\u0000"]`, "NUL", `["-"]`},
		{`{"\u0000":1}`, "NUL", `{"-":1}`},
		{`[1e400,-1e400]`, "1e400, which is out of range", `[null,null]`},
		{`1e-400`, "out of range", `null`},
		{"\"\xff\"", "UTF-8", "\"\ufffd\""},
		{`[[[[1]]]]`, "deeper than 3", `[[[null]]]`},
		{`[[[{}]],[]]`, "deeper than 3", `[[[null]],[]]`},
		{``, "not valid JSON", ""},
		{`{} {}`, "not valid JSON", ""},
		{`{"a":1,}`, "not valid JSON", ""},
		{`NaN`, "not valid JSON", ""},
	}
	for _, tt := range tests {
		err := strictjson.Check([]byte(tt.in), 3)
		if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("Check(%q) = %v, want %q", tt.in, err, tt.fault)
		}
		mended := strictjson.Mend([]byte(tt.in), 3, "-")
		if string(mended) != tt.mended {
			t.Errorf("Mend(%q) = %q, want %q", tt.in, mended, tt.mended)
		}
	}
}

func FuzzMend(f *testing.F) {
	f.Add([]byte(`{"a":[1e400,"\ud800",{"b":1,"b":"\u0000"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		mended := strictjson.Mend(data, 8, "\ufffd")
		if mended == nil {
			if json.Valid(data) && len(data) < 5000 {
				t.Errorf("%q was given up", data)
			}
			return
		}
		if err := strictjson.Check(mended, 8); err != nil {
			t.Errorf("%q became %q: %v", data, mended, err)
		}
	})
}
