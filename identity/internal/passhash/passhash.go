package passhash

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

// Params are the costs of an argon2id hash (RFC 9106 §3.1).
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// Current are the costs of new hashes: OWASP's second choice and the floor of ASVS 11.4.2.
// 19 MiB is small enough for a small server. Only tests change it, before anything is hashed.
var Current = Params{Memory: 19 * 1024, Time: 2, Threads: 1}

var errFormat = errors.New("not an argon2 PHC string")

// argon2id is the variant that is used here; argon2i is only ever imported.
const argon2id = "argon2id"

// argon is a parsed PHC string.
type argon struct {
	Params
	variant   string // argon2id or argon2i
	salt, tag []byte
}

// Hash hashes a normalized password with the current costs and a new salt.
func Hash(password string) string {
	h := argon{Params: Current, variant: argon2id, salt: make([]byte, saltBytes)}
	_, _ = rand.Read(h.salt) // never fails
	h.tag = h.derive(password, tagBytes)
	return h.String()
}

func (h argon) derive(password string, n int) []byte {
	key := argon2.IDKey
	if h.variant != argon2id {
		key = argon2.Key
	}
	return key([]byte(password), h.salt, h.Time, h.Memory, h.Threads, uint32(n)) //nolint:gosec // n is at most 64
}

func (h argon) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.derive(password, len(h.tag)), h.tag) == 1
}

// String is the PHC string.
func (h argon) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", h.variant, argon2.Version,
		h.Memory, h.Time, h.Threads, enc.EncodeToString(h.salt), enc.EncodeToString(h.tag))
}

// parse reads a PHC string and refuses costs that could stop the service.
func parse(s string) (argon, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != argon2id && parts[1] != "argon2i" || parts[2] != "v=19" {
		return argon{}, errFormat
	}
	h := argon{variant: parts[1]}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Time, &h.Threads); err != nil {
		return argon{}, errFormat
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.tag, err2 = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(h.salt) < 8 || len(h.tag) < 16 || len(h.tag) > 64 {
		return argon{}, errFormat
	}
	if h.Memory == 0 || h.Memory > maxMemory || h.Time == 0 || h.Time > 16 || h.Threads == 0 || h.Threads > 16 {
		return argon{}, errFormat
	}
	if h.String() != s { // Sscanf tolerates what follows the numbers
		return argon{}, errFormat
	}
	return h, nil
}

// Verify reports whether one of the spellings of a password is the one that was
// hashed, and whether the hash has to be replaced: it has old parameters, is another
// system's, or is of a spelling other than the last, which is the normal form. An encoded
// form that is empty or unreadable costs the same and matches nothing, so that time does
// not tell who has an account. A foreign digest costs what it costs besides: one that is
// quick to verify takes no less time than ours.
func Verify(encoded string, spellings ...string) (match, outdated bool) {
	encoded = Trusted(encoded)
	h, err := parse(encoded)
	if err != nil {
		h = argon{Params: Current, variant: argon2id, salt: make([]byte, saltBytes), tag: make([]byte, tagBytes)}
	}
	imported, foreign := importedMatcher(encoded)
	for i, spelling := range spellings {
		same := h.matches(spelling) && err == nil
		if foreign {
			same = imported(spelling)
		}
		if same {
			match, outdated = true, outdated || i < len(spellings)-1
		}
	}
	return match, outdated || foreign || h.Params != Current || h.variant != argon2id
}

// Derive computes the tag of an argon2id hash, n octets long.
func Derive(password string, salt []byte, costs Params, n int) []byte {
	return argon{Params: costs, variant: argon2id, salt: salt}.derive(password, n)
}

// Usable reports an encoded form that [Verify] can read. "" is no password, and usable.
func Usable(encoded string) bool {
	hash := Trusted(encoded)
	if hash == "" {
		return encoded == ""
	}
	_, err := parse(hash)
	_, foreign := importedMatcher(hash)
	return err == nil || foreign
}

// Heavy reports a hash of another system that may take more memory than ours.
func Heavy(encoded string) bool {
	encoded = Trusted(encoded)
	h, err := parse(encoded)
	return err == nil && h.Memory > Current.Memory || strings.HasPrefix(encoded, "scrypt")
}

// compromisedMark stands before the hash of a password that must not be used to sign in any
// more.
const compromisedMark = "!"

// IsCompromised reports a password that must be replaced before it opens a session.
func IsCompromised(encoded string) bool { return strings.HasPrefix(encoded, compromisedMark) }

// Compromised marks a hash; "" stays "".
func Compromised(encoded string) string {
	if encoded == "" {
		return ""
	}
	return compromisedMark + Trusted(encoded)
}

// Trusted takes the mark of [Compromised] off, if there is one.
func Trusted(encoded string) string { return strings.TrimPrefix(encoded, compromisedMark) }
