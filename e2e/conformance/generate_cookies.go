package conformance

import (
	"math/rand/v2"
	"strings"

	"github.com/usherauth/usher/wire"
)

// addCookies gives the request a session, an update time and a development browser, plain,
// suffixed, in both forms or neither, alike or not, twice or garbled.
func (g *generator) addCookies(r *rand.Rand, q *question, key wire.PublishableKey) {
	sfx := "_" + key.Suffix()
	t := g.token(r, q)
	uat := updatedAt(r, t.iat)
	// The browser writes both spellings of both cookies; everything else is rarer.
	names := []string{"__session", "__session" + sfx, "__client_uat", "__client_uat" + sfx}
	for _, name := range pick(r, names, names, names, names[:0], names[:1], names[1:2], names[2:], []string{names[0], names[2]}, []string{names[1], names[3]}, names[1:], names[:3]) {
		value := t.raw
		if strings.HasPrefix(name, "__client_uat") {
			value = uat
		}
		if chance(r, 5) { // not alike
			other := g.token(r, q)
			value = other.raw
			if strings.HasPrefix(name, "__client_uat") {
				value = updatedAt(r, other.iat)
			}
		}
		q.addCookie(name, value)
	}
	addDevBrowser(r, q, key)
	if chance(r, 25) {
		q.addCookie("__refresh"+sfx, pick(r, "rt_1", "rt_1", "rt%202"))
	}
	if chance(r, 5) {
		q.addCookie("__refresh", "rt_plain")
	}
	if chance(r, 25) {
		q.addCookie(wire.CookieRedirectCount, pick(r, "1", "1", "2", "2", "3", "3", "4", "10", "0", "-1", "x", "", "2.5", "0x2", "1e0", "03", "3x"))
	}
	g.addNoise(r, q, key)
}

func (q *question) addCookie(name, value string) { q.cookies = append(q.cookies, pair{name, value}) }

// updatedAt is a __client_uat around the time a token was issued.
func updatedAt(r *rand.Rand, iat int64) string {
	switch {
	case chance(r, 80):
		return number(iat + pick[int64](r, -100, -5, -1, 0, 0, 0, 0, 0, 1, 5))
	case chance(r, 40):
		return "0"
	}
	return pick(r, "", "1", "1700000000", "abc", "12abc", number(iat)+".9", "-5", "1e3", "00", "0x10", "+5", "99999999999999999999", " 5", "%31", "NaN", "0abc", "4000000000")
}

func addDevBrowser(r *rand.Rand, q *question, key wire.PublishableKey) {
	share := 85
	if key.Live() {
		share = 10
	}
	if chance(r, share) {
		names := pick(r, []string{"__clerk_db_jwt"}, []string{"__clerk_db_jwt_" + key.Suffix()}, []string{"__clerk_db_jwt", "__clerk_db_jwt_" + key.Suffix()}, []string{"__clerk_db_jwt", "__clerk_db_jwt_" + key.Suffix()})
		for _, name := range names {
			q.addCookie(name, pick(r, "dvb_1", "dvb_1", "dvb_2"))
		}
	}
	if chance(r, 5) {
		q.addParam("__clerk_db_jwt", pick(r, "dvb_q", "dvb_q", ""))
	}
	if chance(r, 4) {
		q.addParam("__clerk_redirect_url", pick(r, "https://sat.example.net/back", "https://sat.example.net/back?x=1&y=2", "https://evil.example/", "/relative", q.origin+"/own", "", "javascript:alert(1)", "https://sat.example.net.evil.example/"))
	}
}

// addNoise doubles, garbles and adds cookies.
func (g *generator) addNoise(r *rand.Rand, q *question, key wire.PublishableKey) {
	if chance(r, 6) && len(q.cookies) > 0 { // twice, with another value
		name := pick(r, q.cookies...).Name
		q.addCookie(name, pick(r, g.token(r, q).raw, "0", "x", ""))
	}
	if chance(r, 6) && len(q.cookies) > 0 {
		i := r.IntN(len(q.cookies))
		v := q.cookies[i].Value
		q.cookies[i].Value = pick(r, "", "%", "%zz"+v, strings.ReplaceAll(v, ".", "%2E"), `"`+v+`"`, v+" x", " "+v, "x="+v, "%00"+v)
	}
	if chance(r, 8) {
		q.addCookie(pick(r, "__session_AAAAAAAA", "__client_uat_AAAAAAAA", "theme", "__Session", "__session_", "__client", "__session_"+key.Suffix()+"x"), g.token(r, q).raw)
	}
	if chance(r, 20) {
		r.Shuffle(len(q.cookies), func(i, j int) { q.cookies[i], q.cookies[j] = q.cookies[j], q.cookies[i] })
	}
}
