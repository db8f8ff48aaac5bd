package passhash

import (
	"crypto/hmac"
	"encoding/hex"
	"regexp"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	maxBcryptCost  = 15 // about two seconds
	maxPhpassCost  = 20 // a million rounds of MD5
	phpassAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// bcryptForm has no version x: that one was made with a mistake that is not made here.
var bcryptForm = regexp.MustCompile(`^\$2[aby]?\$[0-9]{2}\$[./A-Za-z0-9]{53}$`)

// bcryptMatcher verifies what before makes of the password.
func bcryptMatcher(digest string, before func(string) string) (matcher, bool) {
	cost, err := bcrypt.Cost([]byte(digest))
	if err != nil || cost > maxBcryptCost || !bcryptForm.MatchString(digest) {
		return nil, false
	}
	return func(p string) bool {
		return bcrypt.CompareHashAndPassword([]byte(digest), []byte(before(p))) == nil
	}, true
}

func importBcrypt(digest string) (matcher, bool) {
	return bcryptMatcher(digest, func(p string) string { return p })
}

// importDjangoBcrypt reads bcrypt_sha256$ and a bcrypt digest of the SHA-256 in hex.
func importDjangoBcrypt(digest string) (matcher, bool) {
	rest, ok := strings.CutPrefix(digest, "bcrypt_sha256$")
	if !ok {
		return nil, false
	}
	return bcryptMatcher(rest, func(p string) string { return hex.EncodeToString(sumSHA256(p)) })
}

// importPeppered reads a bcrypt digest, $, and what is put behind the password.
func importPeppered(digest string) (matcher, bool) {
	i := strings.LastIndexByte(digest, '$')
	if i < 0 || i == len(digest)-1 {
		return nil, false
	}
	pepper := digest[i+1:]
	return bcryptMatcher(digest[:i], func(p string) string { return p + pepper })
}

// importPhpass reads $P$, or $H$ as one forum has it: rounds, 8 of salt, 22 of checksum.
func importPhpass(digest string) (matcher, bool) {
	return phpassMatcher(digest, func(p string) string { return p })
}

// importMD5Phpass is phpass of the MD5 in hex.
func importMD5Phpass(digest string) (matcher, bool) {
	return phpassMatcher(digest, func(p string) string { return hex.EncodeToString(sumMD5(p)) })
}

func phpassMatcher(digest string, before func(string) string) (matcher, bool) {
	if len(digest) != 34 || !strings.HasPrefix(digest, "$P$") && !strings.HasPrefix(digest, "$H$") {
		return nil, false
	}
	cost := strings.IndexByte(phpassAlphabet, digest[3])
	salt, want := digest[4:12], digest[12:]
	if cost < 7 || cost > maxPhpassCost || strings.Trim(digest[4:], phpassAlphabet) != "" {
		return nil, false
	}
	return func(p string) bool {
		p = before(p)
		sum := sumMD5(salt + p)
		for range 1 << cost {
			sum = sumMD5(string(sum) + p)
		}
		return hmac.Equal([]byte(phpassEncode(sum)), []byte(want))
	}, true
}

// phpassEncode writes three octets as four letters, the low bits first.
func phpassEncode(raw []byte) string {
	var out strings.Builder
	for i := 0; i < len(raw); i += 3 {
		n, letters := uint32(0), 1
		for j, b := range raw[i:min(i+3, len(raw))] {
			n |= uint32(b) << (8 * j)
			letters++
		}
		for range letters {
			out.WriteByte(phpassAlphabet[n&63])
			n >>= 6
		}
	}
	return out.String()
}
