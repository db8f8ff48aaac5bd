// Package strictjson decides whether every reader of a JSON text sees the same
// value in it, and repairs texts that were stored before that was checked.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Check returns nil if data is exactly one JSON value that all readers and
// databases read alike. The error finishes a sentence that begins with the name
// of the text, such as "has the member \"a\" twice". Besides malformed JSON,
// Check rejects invalid UTF-8, objects with a repeated member name, escaped
// surrogates without their partner, the NUL character, numbers outside the range
// of a float64, and nesting deeper than depth.
func Check(data []byte, depth int) error { return check(data, depth, true) }

// CheckNames is [Check] without NUL and numbers, for documents whose values are
// checked one by one.
func CheckNames(data []byte, depth int) error { return check(data, depth, false) }

func check(data []byte, depth int, values bool) error {
	if !utf8.Valid(data) {
		return errors.New("is not valid UTF-8")
	}
	if !json.Valid(data) {
		return errors.New("is not valid JSON")
	}
	var (
		names [][]byte // member names of the open objects, outermost first
		open  []int    // for each open container, where its names begin
	)
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '{', '[':
			if len(open) == depth {
				return fmt.Errorf("is nested deeper than %d levels", depth)
			}
			open = append(open, len(names))
		case '}', ']':
			start := open[len(open)-1]
			if name := Repeated(names[start:]); name != nil {
				return fmt.Errorf("has the member %.80q twice", name)
			}
			names, open = names[:start], open[:len(open)-1]
		case '"':
			end := StringEnd(data, i)
			if err := checkEscapes(data[i:end], values); err != nil {
				return err
			}
			if IsName(data[end:]) {
				names = append(names, Unquote(data[i:end]))
			}
			i = end - 1
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			end := numberEnd(data, i)
			if values && !representable(string(data[i:end])) {
				return fmt.Errorf("has the number %.40s, which is out of range", data[i:end])
			}
			i = end - 1
		}
	}
	return nil
}

// Mend returns data if [Check] accepts it, and otherwise the value that most
// readers see in it, encoded again: the last of repeated members, U+FFFD in
// place of characters that do not exist, nul in place of NUL, null in place of
// numbers out of range and of values nested too deeply. It returns nil if data is
// not one JSON value.
func Mend(data []byte, depth int, nul string) []byte {
	if Check(data, depth) == nil {
		return data
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil
	}
	out, err := Encode(mend(v, depth, nul))
	if err != nil {
		return nil
	}
	return out
}

// Encode is [json.Marshal] without the escapes that make JSON safe inside HTML:
// they would make text of angle brackets six times as long, and so break limits
// that hold for what was stored.
func Encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func mend(v any, depth int, nul string) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", nul)
	case json.Number:
		if !representable(string(v)) {
			return nil
		}
	case map[string]any:
		if depth == 0 {
			return nil
		}
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[strings.ReplaceAll(name, "\x00", nul)] = mend(member, depth-1, nul)
		}
		return out
	case []any:
		if depth == 0 {
			return nil
		}
		for i := range v {
			v[i] = mend(v[i], depth-1, nul)
		}
	}
	return v
}

// representable reports whether a float64 holds a JSON number, other than by
// turning it into infinity or zero.
func representable(number string) bool {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsInf(f, 0) {
		return false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return f != 0 || !strings.ContainsAny(mantissa, "123456789")
}

// checkEscapes checks a quoted string of valid JSON.
func checkEscapes(quoted []byte, refuseNUL bool) error {
	for i := 0; i < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		i++
		if quoted[i] != 'u' {
			continue
		}
		r := hex4(quoted[i+1:])
		i += 4
		if r == 0 && refuseNUL {
			return errors.New("contains the character NUL (U+0000)")
		}
		if !utf16.IsSurrogate(r) {
			continue
		}
		next := quoted[i+1:]
		if len(next) < 6 || next[0] != '\\' || next[1] != 'u' || utf16.DecodeRune(r, hex4(next[2:])) == utf8.RuneError {
			return fmt.Errorf("contains the surrogate \\u%04x without its partner", r)
		}
		i += 6
	}
	return nil
}

// hex4 reads the four digits of an escape that is known to be valid.
func hex4(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16)
	return rune(n)
}

// Repeated returns a name that occurs twice, or nil if there is none. It sorts names in place,
// so that no input makes it slow.
func Repeated(names [][]byte) []byte {
	slices.SortFunc(names, bytes.Compare)
	for i := 1; i < len(names); i++ {
		if bytes.Equal(names[i-1], names[i]) {
			return names[i]
		}
	}
	return nil
}

// StringEnd returns the index after the closing quote of the string that begins at i. The
// document must be valid JSON, or StringEnd may panic.
func StringEnd(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func numberEnd(data []byte, i int) int {
	for i < len(data) && (data[i] == '-' || data[i] == '+' || data[i] == '.' || data[i]|0x20 == 'e' || '0' <= data[i] && data[i] <= '9') {
		i++
	}
	return i
}

// IsName reports whether the text after a string makes that string a member's name.
func IsName(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// Unquote returns the text of a quoted string that is valid JSON: "\u0069d" and "id" are one
// name. The result may share memory with quoted.
func Unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // part of a document that was valid
	return []byte(s)
}
