package userclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// decode reads one JSON value into v. It accepts members it does not know, because
// the API gains some over time, and refuses what encoding/json lets through: an object
// that names a member twice, of which two readers may see two different values
// (RFC 8259 §4).
func decode(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return checkUnique(data)
}

// checkUnique looks for repeated member names at every depth. data must be valid
// JSON. It sorts the names of each object instead of filling a map: no allocation
// per name, and no input makes it slow.
func checkUnique(data []byte) error {
	var (
		names [][]byte // of the objects that are open, outermost first
		open  []int    // where each open object's names begin
	)
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{':
			open = append(open, len(names))
		case '}':
			start := open[len(open)-1]
			if name := repeated(names[start:]); name != nil {
				return fmt.Errorf("decode answer: member %.80q occurs twice", name)
			}
			names, open = names[:start], open[:len(open)-1]
		case '"':
			end := stringEnd(data, i)
			if isName(data[end:]) {
				names = append(names, unescape(data[i:end]))
			}
			i = end - 1
		}
	}
	return nil
}

// repeated returns a name that occurs twice, nil if there is none. It sorts names.
func repeated(names [][]byte) []byte {
	slices.SortFunc(names, bytes.Compare)
	for i := 1; i < len(names); i++ {
		if bytes.Equal(names[i-1], names[i]) {
			return names[i]
		}
	}
	return nil
}

// stringEnd returns the index after the closing quote of the string that begins at i.
func stringEnd(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// isName reports whether what follows a string makes it a member's name.
func isName(rest []byte) bool {
	for _, c := range rest {
		switch c {
		case ':':
			return true
		case ' ', '\t', '\r', '\n':
		default:
			return false
		}
	}
	return false
}

// unescape returns the text of a quoted string: "\u0069d" and "id" are one name.
func unescape(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // part of a document that was valid
	return []byte(s)
}
