package identity

import (
	"strings"
	"unicode/utf8"

	"github.com/usherauth/usher/wire"
)

const maxUserAgent = 512 // octets kept of a User-Agent header

// cutUserAgent is what a session keeps of the header.
func cutUserAgent(s string) string {
	s = strings.ToValidUTF8(s, "")
	for len(s) > maxUserAgent || !utf8.ValidString(s) {
		s = s[:min(len(s)-1, maxUserAgent)]
	}
	return s
}

// browsers in order: many name themselves after their ancestors too.
var browsers = []struct{ token, name string }{
	{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
	{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Version/", "Safari"},
}

var devices = []string{"iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux"}

// sessionActivity tells where a session was used.
func sessionActivity(s Session) *wire.SessionActivity {
	return activityJSON("sess_activity_"+strings.TrimPrefix(s.ID, prefixSession), s.IPAddress, s.UserAgent)
}

// activityJSON tells people from where something was done. It is a help to recognise
// one's own browsers, not evidence: the header says what its sender likes.
func activityJSON(id, address, userAgent string) *wire.SessionActivity {
	a := &wire.SessionActivity{
		Object:    "session_activity",
		ID:        id,
		IPAddress: address,
		IsMobile:  strings.Contains(userAgent, "Mobile"),
	}
	for _, b := range browsers {
		if _, rest, ok := strings.Cut(userAgent, b.token); ok {
			a.BrowserName = b.name
			a.BrowserVersion, _, _ = strings.Cut(rest, " ")
			break
		}
	}
	for _, d := range devices {
		if strings.Contains(userAgent, d) {
			a.DeviceType = d
			break
		}
	}
	return a
}
