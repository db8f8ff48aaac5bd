package views

import (
	"net/url"
	"unicode"
	"unicode/utf8"

	"github.com/usherauth/usher/wire"
)

// displayName is what a person is called where there is room for one line only.
func displayName(p wire.PublicUserData) string {
	if name := p.FullName(); name != "" {
		return wire.Contained(name)
	}
	if wire.Shows(p.Identifier) {
		return wire.Contained(p.Identifier)
	}
	return "Account"
}

// initials are at most two letters to stand in for a picture.
func initials(p wire.PublicUserData) string {
	if p.UserID == "" {
		return "?"
	}
	if both := firstLetter(string(p.FirstName)) + firstLetter(string(p.LastName)); both != "" {
		return both
	}
	if letter := firstLetter(displayName(p)); letter != "" {
		return letter
	}
	return "?"
}

// firstLetter skips what is neither a letter nor a digit: a lone mark or control
// character is no initial.
func firstLetter(s string) string {
	for _, r := range s {
		if r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) && wire.Shows(string(r)) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

// pictureURL is the address of p's picture, "" when there is none that may be loaded:
// http and https only, whatever a profile holds.
func pictureURL(p wire.PublicUserData) string {
	if !p.HasImage {
		return ""
	}
	parsed, err := url.Parse(p.ImageURL)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return ""
	}
	return parsed.String()
}
