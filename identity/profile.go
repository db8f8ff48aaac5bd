package identity

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usherauth/usher/internal/strictjson"
	"github.com/usherauth/usher/wire"
)

const (
	maxNameLength    = 256     // code points
	maxMetadataBytes = 8 << 10 // of one bag, encoded
	maxMetadataDepth = 32      // of one bag; tokens are read to the same depth
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

// checkPersonName is checkName for what people are called. A name that nobody would see is
// refused; none at all is the empty string.
func checkPersonName(param, s string) error {
	if s != "" && !wire.Shows(s) {
		return invalid(param, wire.CodeParamFormatInvalid, "The name must have a character that can be seen.")
	}
	return checkName(param, s)
}

// breaksLine reports control characters and the separators of lines and paragraphs, which
// are none (U+2028, U+2029).
func breaksLine(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) }

// checkMetadata accepts a JSON object that every reader reads alike and returns it
// without insignificant space. An empty string is the empty object.
func checkMetadata(param, s string) (json.RawMessage, error) {
	if s == "" {
		s = "{}"
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(s)); err != nil || compact.Bytes()[0] != '{' {
		return nil, invalid(param, wire.CodeParamFormatInvalid, param+" must be a JSON object.")
	}
	if err := strictjson.Check(compact.Bytes(), maxMetadataDepth); err != nil {
		e := malformed(param + " " + err.Error() + ".")
		e.errs[0].Meta = &wire.ErrorMeta{ParamName: param}
		return nil, e
	}
	if compact.Len() > maxMetadataBytes {
		return nil, invalid(param, wire.CodeParamFormatInvalid, param+" must be at most 8 kB.")
	}
	return compact.Bytes(), nil
}

// metadata is a stored bag as answers and exports show it: {} if it is empty. Bags that
// were stored before [checkMetadata] was strict are repaired, so that one of them cannot
// make an answer unreadable.
func metadata(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "{}" {
		return json.RawMessage("{}")
	}
	if raw = strictjson.Mend(raw, maxMetadataDepth, "\ufffd"); len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

// mergeMetadata merges patch into bag at every depth; null removes a key (protocol
// reference 7.3).
func mergeMetadata(param string, bag, patch json.RawMessage) (json.RawMessage, error) {
	if string(patch) != "null" {
		checked, err := checkMetadata(param, string(patch))
		if err != nil {
			return nil, err
		}
		patch = checked
	}
	old, err1 := decodeObject(metadata(bag))
	change, err2 := decodeObject(metadata(patch))
	if err1 != nil || err2 != nil {
		return nil, invalid(param, wire.CodeParamFormatInvalid, param+" must be a JSON object.")
	}
	merged, err := strictjson.Encode(merge(old, change))
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
