package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

const (
	prefixLive = "pk_live_"
	prefixTest = "pk_test_"
)

// PublishableKey is a parsed publishable key (protocol reference 1.1). The zero
// value means "no key". It is public and may appear in pages and logs.
type PublishableKey struct {
	raw  string
	host string
	live bool
}

// ParsePublishableKey checks s against all five rules of the protocol reference,
// section 1.1, and says which one it breaks. Padding of the encoded host is
// optional and kept as it is, because [CookieSuffix] hashes the exact spelling.
func ParsePublishableKey(s string) (PublishableKey, error) {
	live := strings.HasPrefix(s, prefixLive)
	if !live && !strings.HasPrefix(s, prefixTest) {
		if strings.HasPrefix(s, "sk_") {
			return PublishableKey{}, errors.New("publishable key: this is a secret key; it begins with sk_, a publishable key begins with pk_live_ or pk_test_")
		}
		return PublishableKey{}, errors.New("publishable key: must begin with pk_live_ or pk_test_")
	}
	parts := strings.Split(s, "_")
	if len(parts) != 3 || parts[2] == "" {
		return PublishableKey{}, errors.New("publishable key: must have exactly three parts separated by _")
	}
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[2], "="))
	if err != nil {
		return PublishableKey{}, fmt.Errorf("publishable key: third part is not base64: %w", err)
	}
	host, ok := strings.CutSuffix(string(decoded), "$")
	if !ok || strings.Contains(host, "$") {
		return PublishableKey{}, errors.New("publishable key: the encoded host must end in a single $")
	}
	if !strings.Contains(host, ".") {
		return PublishableKey{}, fmt.Errorf("publishable key: host %q has no dot", host)
	}
	if strings.ContainsAny(host, "/\\?#@ \t\r\n") {
		return PublishableKey{}, fmt.Errorf("publishable key: %q is not a host name", host)
	}
	return PublishableKey{raw: s, host: host, live: live}, nil
}

// NewPublishableKey makes the key of the instance whose Frontend API is on host,
// unpadded as the reference encoder spells it.
func NewPublishableKey(live bool, host string) PublishableKey {
	prefix := prefixTest
	if live {
		prefix = prefixLive
	}
	return PublishableKey{raw: prefix + base64.RawStdEncoding.EncodeToString([]byte(host+"$")), host: host, live: live}
}

// String returns the key as it was configured; "" for the zero value.
func (k PublishableKey) String() string { return k.raw }

// Host is the Frontend API host encoded in the key, with a port if it has one.
func (k PublishableKey) Host() string { return k.host }

// Live reports a production key (pk_live_). Nothing else decides the instance type.
func (k PublishableKey) Live() bool { return k.live }

// IsZero reports that there is no key.
func (k PublishableKey) IsZero() bool { return k.raw == "" }

// Issuer is the iss claim of the instance's tokens (protocol reference 2.3).
func (k PublishableKey) Issuer() string { return "https://" + k.host }

// Suffix is the instance's cookie suffix, 8 characters.
func (k PublishableKey) Suffix() string { return CookieSuffix(k.raw) }
