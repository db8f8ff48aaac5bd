package userclient

import (
	"bytes"
	"encoding/json"
	"fmt"

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
			if name := strictjson.Repeated(names[start:]); name != nil {
				return nil, fmt.Errorf("decode answer: member %.80q occurs twice", name)
			}
			names, open = names[:start], open[:len(open)-1]
		case '"':
			end := strictjson.StringEnd(data, i)
			if strictjson.IsName(data[end:]) {
				name := strictjson.Unquote(data[i:end])
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
			if i = strictjson.StringEnd(data, i) - 1; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
}
