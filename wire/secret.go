package wire

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a string that does not show itself: printed, logged or encoded it reads
// "[redacted]", also inside other values. The zero Secret is empty.
type Secret struct{ value *string } // a pointer, so that reflection prints an address at most

// NewSecret hides s.
func NewSecret(s string) Secret { return Secret{&s} }

// Reveal returns the secret itself.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Equal compares in constant time. An empty secret equals nothing.
func (s Secret) Equal(given string) bool {
	return s.Reveal() != "" && subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(given)) == 1
}

// String implements [fmt.Stringer].
func (Secret) String() string { return redacted }

// Format implements [fmt.Formatter] for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler], which JSON uses too.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
