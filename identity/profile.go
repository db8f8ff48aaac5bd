package identity

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usherauth/usher/wire"
)

const (
	maxNameLength    = 256     // code points
	maxMetadataBytes = 8 << 10 // of one bag, encoded
)

// checkName accepts any text of one line; it is kept as it was typed.
func checkName(param, s string) error {
	if utf8.RuneCountInString(s) > maxNameLength {
		return invalid(param, wire.CodeParamFormatInvalid, "The name must have at most 256 characters.")
	}
	if strings.ContainsFunc(s, breaksLine) || !utf8.ValidString(s) {
		return invalid(param, wire.CodeParamFormatInvalid, "The name contains control characters.")
	}
	return nil
}

// breaksLine reports control characters and the separators of lines and paragraphs, which
// are none (U+2028, U+2029).
func breaksLine(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) }

// checkMetadata accepts a JSON object and returns it without insignificant space. An
// empty string is the empty object.
func checkMetadata(param, s string) (json.RawMessage, error) {
	if s == "" {
		s = "{}"
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(s), &object) != nil || object == nil {
		return nil, invalid(param, wire.CodeParamFormatInvalid, param+" must be a JSON object.")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(s)); err != nil {
		return nil, invalid(param, wire.CodeParamFormatInvalid, param+" must be a JSON object.")
	}
	if compact.Len() > maxMetadataBytes {
		return nil, invalid(param, wire.CodeParamFormatInvalid, param+" must be at most 8 kB.")
	}
	return compact.Bytes(), nil
}

// mergeMetadata merges patch into bag at every depth; null removes a key (protocol
// reference 7.3).
func mergeMetadata(param string, bag, patch json.RawMessage) (json.RawMessage, error) {
	old, err1 := decodeObject(metadata(bag))
	change, err2 := decodeObject(metadata(patch))
	if err1 != nil || err2 != nil {
		return nil, invalid(param, wire.CodeParamFormatInvalid, param+" must be a JSON object.")
	}
	merged, err := json.Marshal(merge(old, change))
	if err != nil {
		return nil, invalid(param, wire.CodeParamFormatInvalid, param+" must be a JSON object.")
	}
	return checkMetadata(param, string(merged))
}

// decodeObject keeps numbers as they are spelled: large ones would lose digits.
func decodeObject(raw json.RawMessage) (object map[string]any, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	err = dec.Decode(&object)
	return object, err
}

func merge(old, change map[string]any) map[string]any {
	if old == nil {
		old = map[string]any{}
	}
	for k, v := range change {
		object, isObject := v.(map[string]any)
		switch {
		case v == nil:
			delete(old, k)
		case isObject:
			below, _ := old[k].(map[string]any)
			old[k] = merge(below, object)
		default:
			old[k] = v
		}
	}
	return old
}
