package passhash

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // to verify what others stored, once: it is replaced at the next sign-in
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// matcher reports whether a password is the one that a digest was made of.
type matcher func(password string) bool

// importers read the digests of other systems by the name of their hasher (protocol
// reference 7.3). ok is false for a digest that is not in the documented form or would cost
// too much to check. argon2i and argon2id are not among them: their form is our own.
var importers = map[string]func(digest string) (m matcher, ok bool){
	"bcrypt":               importBcrypt,
	"bcrypt_sha256_django": importDjangoBcrypt,
	"bcrypt_peppered":      importPeppered,
	"md5":                  importMD5,
	"md5_salted":           importSaltedMD5,
	"md5_phpass":           importMD5Phpass,
	"pbkdf2_sha1":          importPBKDF2SHA1,
	"pbkdf2_sha256":        importPBKDF2SHA256,
	"pbkdf2_sha256_django": importDjangoPBKDF2,
	"pbkdf2_sha512":        importPBKDF2SHA512,
	"pbkdf2_sha512_hex":    importPBKDF2SHA512Hex,
	"phpass":               importPhpass,
	"scrypt_firebase":      importFirebase,
	"scrypt_werkzeug":      importWerkzeug,
	"sha256":               importSHA256,
	"sha256_salted":        importSaltedSHA256,
	"ldap_ssha":            importSSHA,
}

// Errors of [Import].
var (
	ErrPool   = errors.New("only the user pool itself can verify its passwords")
	ErrHasher = errors.New("hasher is not known")
	ErrDigest = errors.New("digest is not in the form of its hasher, or costs too much to verify")
)

const maxDigest = 1024 // octets

// Import turns a digest of another system into what is kept of a password: the digest with
// the name of its hasher before it, or a PHC string as it is. Replace it by a hash of [Hash]
// the first time the password is right (I01).
func Import(hasher, digest string) (string, error) {
	if hasher == "awscognito" {
		return "", ErrPool
	}
	if hasher == "argon2i" || hasher == argon2id {
		if h, err := parse(digest); err != nil || h.variant != hasher {
			return "", ErrDigest
		}
		return digest, nil
	}
	read, ok := importers[hasher]
	if !ok {
		return "", ErrHasher
	}
	if _, ok := read(digest); !ok || len(digest) > maxDigest {
		return "", ErrDigest
	}
	return hasher + ":" + digest, nil
}

// importedMatcher reads what Import made of a foreign digest.
func importedMatcher(encoded string) (m matcher, ok bool) {
	hasher, digest, _ := strings.Cut(encoded, ":")
	read, ok := importers[hasher]
	if !ok {
		return nil, false
	}
	return read(digest)
}

// importMD5 reads the hex form.
func importMD5(digest string) (matcher, bool) {
	return matchSum(digest, func(p string) []byte { return sumMD5(p) }, md5.Size)
}

func importSHA256(digest string) (matcher, bool) {
	return matchSum(digest, func(p string) []byte { return sumSHA256(p) }, sha256.Size)
}

// importSaltedMD5 reads salt$hex, the salt being put before the password.
func importSaltedMD5(digest string) (matcher, bool) {
	salt, sum, _ := strings.Cut(digest, "$")
	return matchSum(sum, func(p string) []byte { return sumMD5(salt + p) }, md5.Size)
}

func importSaltedSHA256(digest string) (matcher, bool) {
	salt, sum, _ := strings.Cut(digest, "$")
	return matchSum(sum, func(p string) []byte { return sumSHA256(salt + p) }, sha256.Size)
}

// importSSHA reads {SSHA} and base64 of the SHA-1 of password and salt, then the salt.
func importSSHA(digest string) (matcher, bool) {
	encoded, ok := strings.CutPrefix(digest, "{SSHA}")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) <= sha1.Size {
		return nil, false
	}
	sum, salt := raw[:sha1.Size], string(raw[sha1.Size:])
	return func(p string) bool {
		got := sha1.Sum([]byte(p + salt)) //nolint:gosec // see the import
		return hmac.Equal(got[:], sum)
	}, true
}

func sumMD5(s string) []byte {
	sum := md5.Sum([]byte(s)) //nolint:gosec // see the import
	return sum[:]
}

func sumSHA256(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// matchSum compares with a sum of n octets in hex.
func matchSum(digest string, sum func(string) []byte, n int) (matcher, bool) {
	want, err := hex.DecodeString(digest)
	if err != nil || len(want) != n {
		return nil, false
	}
	return func(p string) bool { return hmac.Equal(sum(p), want) }, true
}
