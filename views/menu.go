package views

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usherauth/usher/wire"
)

// displayName is what a person is called where there is room for one line only.
func displayName(u *wire.User) string {
	if u == nil {
		return "Account"
	}
	for _, name := range []string{u.FullName(), string(u.Username), u.PrimaryEmail()} {
		if strings.TrimSpace(name) != "" {
			return name
		}
	}
	return "Account"
}

// initials are at most two letters to stand in for a picture.
func initials(u *wire.User) string {
	if u == nil {
		return "?"
	}
	if both := firstLetter(string(u.FirstName)) + firstLetter(string(u.LastName)); both != "" {
		return both
	}
	if letter := firstLetter(displayName(u)); letter != "" {
		return letter
	}
	return "?"
}

// firstLetter skips what is neither a letter nor a digit: a lone mark or control
// character is no initial.
func firstLetter(s string) string {
	for _, r := range s {
		if r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

// pictureURL is the address of u's picture, "" when there is none that may be loaded:
// http and https only, whatever a profile holds.
func pictureURL(u *wire.User) string {
	if u == nil || !u.HasImage {
		return ""
	}
	parsed, err := url.Parse(u.ImageURL)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return ""
	}
	return parsed.String()
}
