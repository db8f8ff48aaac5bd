package passhash

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // to verify what others stored, once
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// Bounds of what a digest may ask for: about a second on one core, and 256 MiB.
const (
	maxIterations   = 5_000_000
	maxScryptMemory = maxMemory << 10 // octets
)

// pbkdf2Parts are the parts of name$iterations$salt$hash.
type pbkdf2Parts struct {
	iterations int
	salt, hash string
	rest       []string
}

func parsePBKDF2(digest string, names ...string) (p pbkdf2Parts, ok bool) {
	parts := strings.Split(digest, "$")
	if len(parts) < 4 {
		return p, false
	}
	for _, name := range names {
		ok = ok || parts[0] == name
	}
	n, err := strconv.Atoi(parts[1])
	if !ok || err != nil || n < 1 || n > maxIterations || parts[2] == "" {
		return p, false
	}
	return pbkdf2Parts{n, parts[2], parts[3], parts[4:]}, true
}

// matchPBKDF2 compares with a key as long as the digest has it.
func matchPBKDF2[H hash.Hash](h func() H, salt, want []byte, iterations int) (matcher, bool) {
	if len(want) < 16 || len(want) > 128 {
		return nil, false
	}
	return func(p string) bool {
		got, err := pbkdf2.Key(h, p, salt, iterations, len(want))
		return err == nil && hmac.Equal(got, want)
	}, true
}

// importPBKDF2SHA1 reads a salt in hex, or as it is if it is no hex, and a hash in hex. The
// length of the key may follow.
func importPBKDF2SHA1(digest string) (matcher, bool) {
	p, ok := parsePBKDF2(digest, "pbkdf2_sha1")
	want, err := hex.DecodeString(p.hash)
	if !ok || err != nil || len(p.rest) > 1 || len(p.rest) == 1 && p.rest[0] != strconv.Itoa(len(want)) {
		return nil, false
	}
	salt, err := hex.DecodeString(p.salt)
	if err != nil {
		salt = []byte(p.salt)
	}
	return matchPBKDF2(sha1.New, salt, want, p.iterations)
}

// importPBKDF2SHA256 reads salt and hash in base64.
func importPBKDF2SHA256(digest string) (matcher, bool) {
	p, ok := parsePBKDF2(digest, "pbkdf2_sha256")
	salt, ok1 := decodeBase64(p.salt)
	want, ok2 := decodeBase64(p.hash)
	if !ok || !ok1 || !ok2 || len(p.rest) > 0 {
		return nil, false
	}
	return matchPBKDF2(sha256.New, salt, want, p.iterations)
}

// importDjangoPBKDF2 reads a salt as it is and a hash in base64.
func importDjangoPBKDF2(digest string) (matcher, bool) {
	p, ok := parsePBKDF2(digest, "pbkdf2_sha256")
	want, ok2 := decodeBase64(p.hash)
	if !ok || !ok2 || len(p.rest) > 0 {
		return nil, false
	}
	return matchPBKDF2(sha256.New, []byte(p.salt), want, p.iterations)
}

// importPBKDF2SHA512 reads a salt as it is and a hash in hex.
func importPBKDF2SHA512(digest string) (matcher, bool) {
	p, ok := parsePBKDF2(digest, "pbkdf2_sha512")
	want, err := hex.DecodeString(p.hash)
	if !ok || err != nil || len(p.rest) > 0 {
		return nil, false
	}
	return matchPBKDF2(sha512.New, []byte(p.salt), want, p.iterations)
}

// importPBKDF2SHA512Hex reads salt and hash in hex.
func importPBKDF2SHA512Hex(digest string) (matcher, bool) {
	p, ok := parsePBKDF2(digest, "pbkdf2_sha512_hex")
	salt, err1 := hex.DecodeString(p.salt)
	want, err2 := hex.DecodeString(p.hash)
	if !ok || err1 != nil || err2 != nil || len(p.rest) > 0 {
		return nil, false
	}
	return matchPBKDF2(sha512.New, salt, want, p.iterations)
}

// decodeBase64 takes the alphabet of MIME, with padding or without.
func decodeBase64(s string) ([]byte, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	return raw, err == nil && len(raw) > 0
}

// scryptFits reports costs that scrypt accepts and this service affords.
func scryptFits(n, r, p int) bool {
	return n > 1 && bits.OnesCount(uint(n)) == 1 && r >= 1 && p >= 1 && p <= 16 && r <= 64 &&
		n <= maxScryptMemory/128/r
}

// importFirebase reads hash$salt$signer key$salt separator$rounds$memory cost, all but the
// numbers in base64. The key derived from the password encrypts the signer key.
func importFirebase(digest string) (matcher, bool) {
	parts := strings.Split(digest, "$")
	if len(parts) != 6 {
		return nil, false
	}
	var raw [4][]byte
	for i := range raw {
		var ok bool
		if raw[i], ok = decodeBase64(parts[i]); !ok {
			return nil, false
		}
	}
	want, salt, signer, separator := raw[0], raw[1], raw[2], raw[3]
	rounds, err1 := strconv.Atoi(parts[4])
	cost, err2 := strconv.Atoi(parts[5])
	if err1 != nil || err2 != nil || cost < 1 || cost > 24 || !scryptFits(1<<cost, rounds, 1) || len(want) != len(signer) || len(want) < 16 {
		return nil, false
	}
	salted := append(salt[:len(salt):len(salt)], separator...)
	return func(p string) bool {
		key, err := scrypt.Key([]byte(p), salted, 1<<cost, rounds, 1, 32)
		if err != nil {
			return false
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return false
		}
		got := make([]byte, len(signer))
		cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(got, signer) //nolint:gosec // the format has a counter from zero; the key is never used again
		return hmac.Equal(got, want)
	}, true
}

// importWerkzeug reads scrypt:N:r:p$salt$hash, the salt as it is and the hash in hex or
// base64, with or without a $ at the beginning.
func importWerkzeug(digest string) (matcher, bool) {
	parts := strings.Split(strings.TrimPrefix(digest, "$"), "$")
	if len(parts) != 3 || parts[1] == "" {
		return nil, false
	}
	method := strings.Split(parts[0], ":")
	if len(method) != 4 || method[0] != "scrypt" {
		return nil, false
	}
	n, err1 := strconv.Atoi(method[1])
	r, err2 := strconv.Atoi(method[2])
	p, err3 := strconv.Atoi(method[3])
	want, err := hex.DecodeString(parts[2])
	if ok := err == nil; !ok {
		if want, ok = decodeBase64(parts[2]); !ok {
			return nil, false
		}
	}
	if err1 != nil || err2 != nil || err3 != nil || !scryptFits(n, r, p) || len(want) < 16 || len(want) > 128 {
		return nil, false
	}
	return func(password string) bool {
		got, err := scrypt.Key([]byte(password), []byte(parts[1]), n, r, p, len(want))
		return err == nil && hmac.Equal(got, want)
	}, true
}
