package identity

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"
)

var errAddress = errors.New("not an e-mail address")

// normalizeEmail returns the form of an address that decides which account it is:
// local part without case, domain as lower-case A-labels. Accepted is the dot-atom form
// of RFC 5321 with international parts (RFC 6531); quoted local parts, comments, address
// literals, numeric top levels and a trailing dot are refused. Local parts beyond
// ASCII go through UsernameCaseMapped (RFC 8265 §3.3), which joins NFC and NFD but never
// letters that only look alike. Spaces around the address are not part of it.
func normalizeEmail(s string) (string, error) {
	s = strings.Trim(s, " ")
	local, domain, ok := strings.Cut(s, "@")
	if !ok || strings.Contains(domain, "@") || len(s) > 254 || !utf8.ValidString(s) {
		return "", errAddress
	}
	local, err := normalizeLocal(local)
	if err != nil {
		return "", errAddress
	}
	domain, err = normalizeDomain(domain)
	if err != nil {
		return "", errAddress
	}
	return local + "@" + domain, nil
}

func normalizeLocal(s string) (string, error) {
	if strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		mapped, err := precis.UsernameCaseMapped.String(s)
		if err != nil {
			return "", err
		}
		s = mapped
	}
	if s == "" || len(s) > 64 || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return "", errAddress
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !localRune(r) }) {
		return "", errAddress
	}
	return strings.ToLower(s), nil
}

// localRune reports atext (RFC 5322 §3.2.3), a dot, or what PRECIS let pass.
func localRune(r rune) bool {
	return r > unicode.MaxASCII || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
		strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r)
}

func normalizeDomain(s string) (string, error) {
	d, err := idna.Lookup.ToASCII(s)
	if err != nil || len(d) > 253 {
		return "", errAddress
	}
	labels := strings.Split(strings.ToLower(d), ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, notLDH) {
			return "", errAddress
		}
	}
	if top := labels[len(labels)-1]; strings.Trim(top, "0123456789") == "" {
		return "", errAddress // an address, or no name (RFC 3696 §2)
	}
	return strings.Join(labels, "."), nil
}

func notLDH(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}
