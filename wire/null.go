package wire

import "encoding/json"

// NullString is a string that the protocol sends as null when it is empty, and reads
// from null as empty. Templates print it like any string.
type NullString string

// MarshalJSON implements [json.Marshaler].
func (s NullString) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(s))
}
