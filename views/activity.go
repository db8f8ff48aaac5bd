package views

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usherauth/usher/wire"
)

const maxHappenings = 20 // rows of recent activity

// eventWords say what happened in a person's words. Other types are said in their own.
var eventWords = map[string]string{
	"code.refused":           "A wrong code was entered",
	"code.requested":         "A code was sent",
	"email_address.created":  "Email address added",
	"email_address.deleted":  "Email address removed",
	"email_address.verified": "Email address verified",
	"membership.created":     "Joined an organization",
	"membership.deleted":     "Left an organization",
	"membership.updated":     "Role in an organization changed",
	"password.changed":       "Password changed",
	"password.compromised":   "The password was marked as known to others",
	"password.refused":       "A wrong password was entered",
	"password.removed":       "Password removed",
	"password.reset":         "Password reset",
	"session.created":        "Signed in",
	"session.ended":          "Signed out",
	"session.removed":        "Signed out",
	"session.reverified":     "Identity confirmed once more",
	"session.revoked":        "A session was ended",
	"sign_in.refused":        "Somebody who had the right password or code was not let in",
	"user.banned":            "Account blocked",
	"user.created":           "Account created",
	"user.impersonated":      "Somebody of the service signed in as you",
	"user.locked":            "Account locked",
	"user.unbanned":          "Account unblocked",
	"user.unlocked":          "Account unlocked",
	"user.updated":           "Account changed",
}

// guesses are what somebody does who is not let in.
var guesses = []string{"code.refused", "code.requested", "password.refused", "sign_in.refused"}

// eventText is what an event of this type is called on a page.
func eventText(kind string) string {
	if words, ok := eventWords[kind]; ok {
		return words
	}
	text := strings.NewReplacer(".", " ", "_", " ").Replace(kind)
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// happening is a row of recent activity.
type happening struct {
	what, from string
	at         int64
	times      int // how often in a row; the time is that of the last one
}

// happenings are the events as they are shown. Wrong passwords and codes from one place
// count as one row, so that a guesser cannot push everything else off the page.
func (p Profile) happenings() []happening {
	var rows []happening
	for _, e := range p.Activity {
		row := happening{what: eventText(e.Type), from: whence(e.Activity), at: e.CreatedAt, times: 1}
		if n := len(rows); n > 0 && slices.Contains(guesses, e.Type) && rows[n-1].what == row.what && rows[n-1].from == row.from {
			rows[n-1].times++
			continue
		}
		if len(rows) == maxHappenings {
			break
		}
		rows = append(rows, row)
	}
	return rows
}

// text is what happened, and how often.
func (h happening) text() string {
	if h.times == 1 {
		return h.what
	}
	return h.what + " " + strconv.Itoa(h.times) + " times"
}

// whence is the device and place, "" when nothing is known.
func whence(a *wire.SessionActivity) string {
	if a == nil {
		return ""
	}
	return strings.TrimSuffix(device(a)+", "+place(a), ", ")
}
