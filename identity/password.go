package identity

import (
	_ "embed"
	"errors"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/usherauth/usher/identity/internal/passhash"
	"github.com/usherauth/usher/wire"
)

// commonPasswords are the most frequent leaked passwords of 8 and more characters, in
// order of frequency, from the zxcvbn project (see LICENSE-common-passwords.txt).
//
//go:embed common_passwords.txt
var commonPasswords string

var blocklist = sync.OnceValue(func() map[string]struct{} {
	words := make(map[string]struct{}, 6000)
	for line := range strings.Lines(commonPasswords) {
		words[fold(line)] = struct{}{}
	}
	return words
})

// normalizePassword applies the OpaqueString profile (RFC 8265 §4.2): NFC, all spaces
// one space, nothing truncated. ok is false for what has no normal form: control
// characters, unassigned code points, invalid UTF-8, the empty string, and what is too long to be one.
func normalizePassword(s string) (normal string, ok bool) {
	if len(s) > maxPasswordBytes || !utf8.ValidString(s) { // the profile would replace bad octets, and make two passwords one
		return "", false
	}
	normal, err := precis.OpaqueString.String(s)
	return normal, err == nil && len(normal) <= maxPasswordBytes
}

// spellings are what a password that was typed may have been hashed as: other systems hash
// the octets as they came, this one the normal form, which is the last unless there is
// none. What is too long is nobody's password: its spelling is the empty one.
func spellings(typed string) []string {
	normal, ok := normalizePassword(typed)
	switch {
	case len(typed) > maxPasswordBytes:
		return []string{""}
	case !ok, normal == typed:
		return []string{typed}
	}
	return []string{typed, normal}
}

// passwordPolicy is what a new password must satisfy. There are no composition rules.
type passwordPolicy struct {
	minLength int
	words     map[string]struct{} // folded context words
}

func newPasswordPolicy(minLength int, words ...string) passwordPolicy {
	p := passwordPolicy{minLength: minLength, words: make(map[string]struct{})}
	for _, w := range words {
		if w = fold(w); w != "" {
			p.words[w] = struct{}{}
		}
	}
	return p
}

// check normalizes a new password for the account with this address ("" if not known
// yet) and refuses bad ones with the code and a message for the person. param names the
// form field.
func (p passwordPolicy) check(param, password, address string) (string, error) {
	normal, ok := normalizePassword(password)
	if len(password) > maxPasswordBytes || utf8.RuneCountInString(normal) > maxPasswordLength {
		return "", invalid(param, wire.CodePasswordTooLong, "The password must have at most "+decimal(maxPasswordLength)+" characters.")
	}
	if !ok && password != "" {
		return "", invalid(param, wire.CodeParamFormatInvalid, "The password contains characters that cannot be typed reliably.")
	}
	switch n := utf8.RuneCountInString(normal); {
	case n < p.minLength:
		return "", invalid(param, wire.CodePasswordTooShort, "The password must have at least "+decimal(p.minLength)+" characters.")
	case p.common(normal):
		return "", invalid(param, wire.CodePasswordPwned, "This password is one of the most common ones. Please choose another.")
	case ownAddress(normal, address):
		return "", invalid(param, wire.CodePasswordNotStrong, "The password must not be your e-mail address.")
	}
	return normal, nil
}

// common looks s up in the blocklist and the context words, without case, edge spaces
// and the digits people append.
func (p passwordPolicy) common(s string) bool {
	folded := fold(s)
	for _, candidate := range []string{folded, strings.TrimRight(folded, "0123456789 !.")} {
		_, listed := blocklist()[candidate]
		_, context := p.words[candidate]
		if listed || context {
			return true
		}
	}
	return false
}

func ownAddress(password, address string) bool {
	for _, word := range addressWords(address) {
		if fold(password) == word {
			return true
		}
	}
	return false
}

// addressWords are the spellings of an address that are no password for it.
func addressWords(address string) []string {
	address = fold(address)
	if address == "" {
		return nil
	}
	local, _, _ := strings.Cut(address, "@")
	return []string{address, local}
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// importHash is [passhash.Import] with refusals for who sent the digest.
func importHash(hasher, digest string) (string, error) {
	hash, err := passhash.Import(hasher, digest)
	switch {
	case errors.Is(err, passhash.ErrPool):
		return "", invalid("password_hasher", wire.CodeParamValueInvalid, "Passwords of a user pool cannot be verified here: only the pool itself can.")
	case errors.Is(err, passhash.ErrHasher):
		return "", invalid("password_hasher", wire.CodeParamValueInvalid, "This password hasher is not known.")
	case err != nil:
		return "", invalid("password_digest", wire.CodeParamFormatInvalid, "This is not a digest of the form that "+hasher+" has, or one that costs too much to verify.")
	}
	return hash, nil
}

// isCompromised reports a password that must be replaced before it opens a session.
func isCompromised(u User) bool { return passhash.IsCompromised(u.PasswordHash) }

// keepHash replaces the hash of a password by another hash of the same one.
func keepHash(u *User, hash string) {
	if isCompromised(*u) {
		hash = passhash.Compromised(hash)
	}
	u.PasswordHash = hash
}
