package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	saltBytes = 16
	tagBytes  = 32
	maxMemory = 256 * 1024 // KiB; a stored hash may not ask for more
)

// argonParams are the costs of an argon2id hash (RFC 9106 §3.1).
type argonParams struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// currentParams is OWASP's second choice and ASVS 11.4.2's floor: 19 MiB keeps the
// pool's memory small enough for a small server.
var currentParams = argonParams{memory: 19 * 1024, time: 2, threads: 1}

var errHashFormat = errors.New("password hash is not an argon2 PHC string")

// argon2id is the variant that is used here; argon2i is only ever imported.
const argon2id = "argon2id"

// passwordHash is a parsed PHC string.
type passwordHash struct {
	argonParams
	variant   string // argon2id or argon2i
	salt, tag []byte
}

// hashPassword hashes a normalized password with the current parameters and a new salt.
func hashPassword(password string) string {
	h := passwordHash{argonParams: currentParams, variant: argon2id, salt: make([]byte, saltBytes)}
	_, _ = rand.Read(h.salt) // never fails
	h.tag = h.derive(password, tagBytes)
	return h.String()
}

func (h passwordHash) derive(password string, n int) []byte {
	key := argon2.IDKey
	if h.variant != argon2id {
		key = argon2.Key
	}
	return key([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(n)) //nolint:gosec // n is at most 64
}

func (h passwordHash) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.derive(password, len(h.tag)), h.tag) == 1
}

// String is the PHC string.
func (h passwordHash) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", h.variant, argon2.Version,
		h.memory, h.time, h.threads, enc.EncodeToString(h.salt), enc.EncodeToString(h.tag))
}

// parseHash reads a PHC string and refuses costs that could stop the service.
func parseHash(s string) (passwordHash, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != argon2id && parts[1] != "argon2i" || parts[2] != "v=19" {
		return passwordHash{}, errHashFormat
	}
	h := passwordHash{variant: parts[1]}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return passwordHash{}, errHashFormat
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.tag, err2 = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(h.salt) < 8 || len(h.tag) < 16 || len(h.tag) > 64 {
		return passwordHash{}, errHashFormat
	}
	if h.memory == 0 || h.memory > maxMemory || h.time == 0 || h.time > 16 || h.threads == 0 || h.threads > 16 {
		return passwordHash{}, errHashFormat
	}
	if h.String() != s { // Sscanf tolerates what follows the numbers
		return passwordHash{}, errHashFormat
	}
	return h, nil
}

// verifyPassword reports whether password, normalized, is the one that was hashed, and
// whether the hash has old parameters or is another system's. An encoded form that is empty
// or unreadable costs the same and matches nothing, so that time does not tell who has an
// account. A foreign digest costs what it costs besides: one that is quick to verify takes
// no less time than ours.
func verifyPassword(encoded, password string) (match, outdated bool) {
	encoded, _ = cutCompromised(encoded)
	h, err := parseHash(encoded)
	if err != nil {
		h = passwordHash{argonParams: currentParams, variant: argon2id, salt: make([]byte, saltBytes), tag: make([]byte, tagBytes)}
	}
	match = h.matches(password)
	if imported, ok := importedMatcher(encoded); ok {
		return imported(password), true
	}
	return match && err == nil, h.argonParams != currentParams || h.variant != argon2id
}
