package userclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/usherauth/usher/internal/strictjson"
)

// maxBagDepth is how deep metadata may be nested: as deep as encoding/json reads.
const maxBagDepth = 10_000

// decode reads one JSON value into v. It accepts members it does not know, because
// the API gains some over time, and refuses what encoding/json lets through: an object
// that names a member twice, of which two readers may see two different values
// (RFC 8259 §4). Metadata is different, because people wrote it: what is stored of one
// user must not hide the others. It is repaired instead.
func decode(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	bags, err := checkUnique(data)
	if err != nil || len(bags) == 0 {
		return err
	}
	if err := json.Unmarshal(mendBags(data, bags), v); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

// span is data[start:end].
type span struct{ start, end int }

// mendBags replaces each of bags, which are in order, by its repaired value.
func mendBags(data []byte, bags []span) []byte {
	var out []byte
	at := 0
	for _, bag := range bags {
		out = append(out, data[at:bag.start]...)
		out = append(out, strictjson.Mend(data[bag.start:bag.end], maxBagDepth, "\x00")...)
		at = bag.end
	}
	return append(out, data[at:]...)
}

// checkUnique looks for repeated member names at every depth. data must be valid
// JSON. It sorts the names of each object instead of filling a map: no allocation
// per name, and no input makes it slow. Metadata is left out; bags are the values of
// it that have to be repaired.
func checkUnique(data []byte) (bags []span, err error) {
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
				return nil, fmt.Errorf("decode answer: member %.80q occurs twice", name)
			}
			names, open = names[:start], open[:len(open)-1]
		case '"':
			end := stringEnd(data, i)
			if isName(data[end:]) {
				name := unescape(data[i:end])
				names = append(names, name)
				if isBag(name) {
					bag := span{valueStart(data, end), 0}
					bag.end = valueEnd(data, bag.start)
					if strictjson.Check(data[bag.start:bag.end], maxBagDepth) != nil {
						bags = append(bags, bag)
					}
					end = bag.end
				}
			}
			i = end - 1
		}
	}
	return bags, nil
}

// isBag reports a member whose value people choose freely.
func isBag(name []byte) bool { return bytes.HasSuffix(name, []byte("_metadata")) }

// valueStart returns where the value of a member begins whose name ends at i.
func valueStart(data []byte, i int) int {
	for data[i] == ':' || data[i] == ' ' || data[i] == '\t' || data[i] == '\r' || data[i] == '\n' {
		i++
	}
	return i
}

// valueEnd returns the index after the value that begins at i.
func valueEnd(data []byte, i int) int {
	for depth := 0; ; i++ {
		switch data[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i // of the object around it: the value is a number or a word
			}
			if depth == 0 {
				return i + 1
			}
		case '"':
			if i = stringEnd(data, i) - 1; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
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
