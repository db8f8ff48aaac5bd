package token

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func load(t testing.TB, name string, to any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatal(err)
	}
}

// accepts scans text as any one JSON value, to hold the scanner against suites that are
// not only about objects.
func accepts(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	s := scanner{text: text}
	s.space()
	ok := s.value(0)
	s.space()
	return ok && s.pos == len(text)
}

func TestJ11_JSONSuite(t *testing.T) {
	t.Parallel()
	var cases []struct {
		Name, Expect string
		Bytes        []byte `json:"bytes_base64"`
	}
	load(t, "json.json", &cases)
	stricter := map[string]bool{ // RFC 8259 allows these, RFC 7519 §4 does not
		"y_object_duplicated_key.json": true, "y_object_duplicated_key_and_value.json": true,
	}
	for _, c := range cases {
		got := accepts(string(c.Bytes))
		switch {
		case c.Expect == "accept" && !got && !stricter[c.Name]:
			t.Errorf("%s: refused, want accepted", c.Name)
		case c.Expect == "reject" && got:
			t.Errorf("%s: accepted, want refused", c.Name)
		}
	}
	if len(cases) < 200 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func TestParseObject(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want bool
	}{
		"an empty object":                      {`{}`, true},
		"white space around and inside":        {" {\n\"a\" : [ 1 , 2 ] } ", true},
		"an array is not an object":            {`[]`, false},
		"null is not an object":                {`null`, false},
		"J09 a duplicate name":                 {`{"a":1,"a":2}`, false},
		"J09 a duplicate name spelled escaped": {`{"a":1,"\u0061":2}`, false},
		"J09 a duplicate name inside":          {`{"o":{"x":1,"x":1}}`, false},
		"J10 a name in other case is another":  {`{"sub":"a","SUB":"b"}`, true},
		"J11 a byte order mark":                {"\ufeff{}", false},
		"J11 a lone high surrogate":            {`{"a":"\ud800"}`, false},
		"J11 a lone low surrogate":             {`{"a":"\udc00x"}`, false},
		"J11 a surrogate pair":                 {`{"a":"\ud83d\ude00"}`, true},
		"J11 invalid UTF-8":                    {"{\"a\":\"\xff\"}", false},
		"J11 a second value":                   {`{} {}`, false},
		"J12 nesting beyond the bound":         {`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, false},
		"J12 nesting that never ends":          {`{"a":` + strings.Repeat("[", 5000), false},
		"a control character in a string":      {"{\"a\":\"\n\"}", false},
		"a trailing comma":                     {`{"a":1,}`, false},
		"a leading zero":                       {`{"a":01}`, false},
		"a number that only has an exponent":   {`{"a":e1}`, false},
		"a bare minus":                         {`{"a":-}`, false},
		"an unfinished escape at the very end": {`{"a":"\u12`, false},
		"a backslash at the very end":          {`{"a":"\`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := ParseObject(tt.text); (err == nil) != tt.want {
				t.Errorf("ParseObject(%.60q) error = %v, want accepted %v", tt.text, err, tt.want)
			}
		})
	}
}

func TestObjectString(t *testing.T) {
	t.Parallel()
	o, err := ParseObject(`{"plain":"a","esc":"\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00","n":1,"null":null}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := o.String("esc"); got != "\"\\/\b\f\n\r\tAé😀" {
		t.Errorf("String(esc) = %q", got)
	}
	for _, name := range []string{"n", "null", "absent", "Plain"} {
		if got, ok := o.String(name); ok {
			t.Errorf("String(%q) = %q, want none", name, got)
		}
	}
	if !o.Has("null") || o.Has("absent") {
		t.Error("Has does not tell null from absent")
	}
}

func TestOrganizationPermissions(t *testing.T) {
	t.Parallel()
	many := make([]string, 71)
	for i := range many {
		many[i] = "p" + string(rune('0'+i/10)) + string(rune('0'+i%10))
	}
	tests := []struct{ fea, per, fpm, want string }{ // protocol reference 11.3
		{"o:dashboard,o:teams", "manage,read", "3,2", "org:dashboard:manage org:dashboard:read org:teams:read"},
		{"o:dashboard,u:x,o:teams", "manage,read", "3,2", "org:dashboard:manage org:dashboard:read org:teams:read"},
		{"ou:dashboard,u:x,uo:teams", "manage,read", "1,2", "org:dashboard:manage org:teams:read"},
		{"o:a,o:b", "r", "x,1", "org:b:r"},
		{"o:a,o:b", "r", "1", "org:a:r"},
		{"o:a , o:b", "r , w", "1 , 2", "org:a:r org:b:w"},
		{"o:a", strings.Join(many, ","), "1180591620717411303424", "org:a:p70"},
		{"o:a", "", "1", ""},
		{"o:a", "r", "", ""},
		{"o:a", "r", "-1", ""},
	}
	for _, tt := range tests {
		got, err := permissionsV2(tt.fea, tt.per, tt.fpm)
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("permissionsV2(%q, %.20q, %q) = %v, %v, want %q", tt.fea, tt.per, tt.fpm, got, err, tt.want)
		}
	}
	if _, err := permissionsV2("dashboard", "r", "1"); err == nil {
		t.Error("an entry without scope was accepted")
	}
}

// FuzzParseObject holds the scanner against encoding/json: what it accepts is valid JSON
// there, splits into the same members, and decodes to the same strings.
func FuzzParseObject(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":"b"}`, ` { "a\\b" : "\\" , "\u0061" : [ "]" , {"x":"}\""} ] } `, `{"a":{"b":[1,2.5e3,true,null]},"c":"\u00e9"}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseObject(text)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("accepted %q, encoding/json says %v", text, err)
		}
		if len(want) != len(o.members) {
			t.Fatalf("%q has %d members, want %d", text, len(o.members), len(want))
		}
		if _, has := want["absent"]; !has && Trusted(text).Has("absent") {
			t.Fatalf("%q: an absent member is %q", text, Trusted(text).Raw("absent"))
		}
		for name, raw := range want {
			if o.Raw(name) != string(raw) || Trusted(text).Raw(name) != string(raw) {
				t.Fatalf("%q: member %q is %q, in the compact object %q, want %q", text, name, o.Raw(name), Trusted(text).Raw(name), raw)
			}
			var s string
			if raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
				if got, ok := o.String(name); !ok || got != s {
					t.Fatalf("%q: string %q is %q, want %q", text, name, got, s)
				}
			}
		}
	})
}
