package identity_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

func claimsOf(t *testing.T, jwt string) wire.Claims {
	t.Helper()
	return decode[wire.Claims](t, payloadOf(t, jwt))
}

// payloadOf is the second part of a token, decoded.
func payloadOf(t *testing.T, jwt string) string {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", jwt)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
