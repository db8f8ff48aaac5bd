package identity

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

var errAddress = errors.New("not an e-mail address")

// normalizeEmail returns the form of an address that decides which account it is:
// local part without case, domain as lower-case A-labels. Accepted is the dot-atom form
// of RFC 5321 with international parts (RFC 6531); quoted local parts, comments, address
// literals, numeric top levels and a trailing dot are refused. Local parts beyond
// ASCII go through UsernameCaseMapped (RFC 8265 §3.3), which joins NFC and NFD but never
// letters that only look alike. Spaces around the address are not part of it. Nothing else
// is dropped or taken for something else: an address with an invisible character or a
// full-width dot is refused.
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
		if err != nil || mapped != plainForm(s) {
			return "", errAddress
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
	shown, err := idna.Lookup.ToUnicode(d)
	if err != nil || strings.ContainsFunc(shown, invisible) || !plainMapping(s, shown) {
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

// plainMapping reports whether the mapping of a domain's labels to shown only changed case,
// width and normal form. UTS 46 also drops soft hyphens and other invisible characters, and
// takes full-width dots for plain ones: spellings that are not the same to anybody who
// compares them elsewhere. Labels that came in ASCII were not mapped.
func plainMapping(s, shown string) bool {
	typed, labels := strings.Split(s, "."), strings.Split(shown, ".")
	if len(typed) != len(labels) {
		return false
	}
	for i, label := range typed {
		if strings.ContainsFunc(label, notASCII) && plainForm(label) != labels[i] {
			return false
		}
	}
	return true
}

// plainForm is s in NFC without case and width, or "" if s has an invisible character or
// one that is ASCII punctuation in another guise. Letters and digits in full width, and the
// Kelvin sign, which NFC makes a K, are that letter or digit.
func plainForm(s string) string {
	wide := func(r rune) bool {
		return '０' <= r && r <= '９' || 'Ａ' <= r && r <= 'Ｚ' || 'ａ' <= r && r <= 'ｚ'
	}
	for _, r := range s {
		disguised := notASCII(r) && r != '\u212a' && !strings.ContainsFunc(strings.ToLower(norm.NFC.String(string(r))), notASCII)
		if invisible(r) || disguised || width.LookupRune(r).Kind() == width.EastAsianFullwidth && !wide(r) {
			return ""
		}
	}
	return norm.NFC.String(strings.ToLower(norm.NFC.String(width.Fold.String(s))))
}

func notASCII(r rune) bool { return r > unicode.MaxASCII }

// invisible reports characters that take no room or show nothing, and so hide in text.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Z, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) ||
		r == '\u2800' // the braille pattern without dots
}

func notLDH(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}
