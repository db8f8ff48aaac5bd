package conformance

import (
	"math/rand/v2"

	"github.com/usherauth/usher/wire"
)

const noKeys = `{"keys":[]}`

// addBackend says what the Backend API answers. It is nearly always reachable: an outage of
// the keys makes every question alike.
func (g *generator) addBackend(r *rand.Rand, q *question) {
	q.usual = g.ring.jwks
	q.backend = map[string]answer{"jwks": {Status: 200, Body: g.ring.jwks}}
	if r.IntN(250) == 0 {
		q.backend["jwks"] = pick(r, answer{Fail: true}, refusal(500, ""), refusal(401, "clerk_key_invalid"), answer{Status: 200, Body: noKeys})
	} else if r.IntN(80) == 0 {
		q.backend["jwks"] = g.oddKeys(r)
	}
	q.backend["refresh"] = g.refresh(r, q)
	q.backend["nonce"] = g.nonce(r, q)
}

// refusal is an error of the Backend API, with its envelope if it has a code.
func refusal(status int, code string) answer {
	if code == "" {
		return answer{Status: status, Body: `{}`}
	}
	return answer{Status: status, Body: body(map[string]any{"errors": []any{map[string]string{"code": code, "message": "m", "long_message": "l"}}})}
}

func (g *generator) refresh(r *rand.Rand, q *question) answer {
	switch r.IntN(8) {
	case 0:
		return answer{Fail: true}
	case 1:
		return refusal(401, "refresh_token_not_found")
	case 2:
		return refusal(pick(r, 400, 403, 422, 500), pick(r, "session_refresh_inactive_session", "refresh_request_origin_azp_mismatch", ""))
	case 3:
		return oddCookies(r, "cookies", pick(r, `{}`, `{"object":"cookies","cookies":[]}`, `{"object":"cookies","cookies":null}`, `not json`))
	}
	return answer{Status: 200, Body: body(map[string]any{"object": "cookies", "cookies": g.directives(r, q)})}
}

func (g *generator) nonce(r *rand.Rand, q *question) answer {
	switch r.IntN(6) {
	case 0:
		return answer{Fail: true}
	case 1:
		return refusal(pick(r, 401, 404, 500), pick(r, "resource_not_found", ""))
	case 2:
		if chance(r, 30) {
			return oddCookies(r, "directives", `{}`)
		}
	}
	return answer{Status: 200, Body: body(map[string]any{"directives": g.directives(r, q)})}
}

// oddCookies is an answer that should bring cookies, under the name that they have in it.
func oddCookies(r *rand.Rand, name, empty string) answer {
	return answer{Status: pick(r, 200, 200, 200, 200, 201, 204), Body: pick(r, empty, "null", "[]", "", `{"`+name+`":"__session=x"}`, `{"`+name+`":[5]}`, `{"`+name+`":[null]}`,
		`{"`+name+`":["__session"]}`, `{"`+name+`":["__session=x; Path=/"]}`, `{"`+name+`":["","=x","__client_uat=1"]}`, `{"`+name+`":{}}`, `{"`+name+`":[["__session=x"]]}`)}
}

// directives are the Set-Cookie lines that a handshake or a refresh brings.
func (g *generator) directives(r *rand.Rand, q *question) []string {
	key := q.key()
	sfx := "_" + key.Suffix()
	t := pick(r, g.pools[q.host()]...)
	switch {
	case chance(r, 15):
		t = pick(r, g.broken[q.host()]...)
	case chance(r, 10):
		t.raw = ""
	}
	uat := number(t.iat)
	lines := []string{
		"__client_uat=" + uat + "; Path=/; Domain=example.com; Max-Age=315360000; SameSite=Lax",
		"__client_uat" + sfx + "=" + uat + "; Path=/; Domain=example.com; Max-Age=315360000; SameSite=Lax",
		"__session=" + t.raw + "; Path=/; Max-Age=31536000; Secure; SameSite=Lax",
		"__session" + sfx + "=" + t.raw + "; Path=/; Expires=Fri, 15 Jan 2027 08:00:00 GMT; Secure; SameSite=Lax",
		"__refresh" + sfx + "=rt_9; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax",
	}
	if !key.Live() {
		lines = append(lines, "__clerk_db_jwt=dvb_3; Path=/; SameSite=Lax", "__clerk_db_jwt"+sfx+"=dvb_3; Path=/; SameSite=Lax")
	}
	if chance(r, 50) {
		lines = append(lines, pick(r, "__clerk_handshake=; Path=/; Max-Age=0", "__clerk_handshake_nonce=; Path=/; Max-Age=0"))
	}
	if chance(r, 10) {
		lines = append(lines, pick(r, "theme=dark; Path=/", "__host=x", "__Secure-id=1; Secure", "session=x", "__sessionx=abc"))
	}
	if t.raw != "" && chance(r, 8) {
		lines = append(lines, oddLine(r, t.raw, sfx))
	}
	if chance(r, 10) {
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	return lines
}

// oddLine is a line that few services write.
func oddLine(r *rand.Rand, raw, sfx string) string {
	return pick(r, "__session="+raw+"; path=/; MAX-AGE=60; secure; samesite=strict", "__session="+raw+";Path=/;HttpOnly", `__session="`+raw+`"; Path=/`,
		" __session="+raw, "__session ="+raw+"; Path=/", "__session= "+raw+"; Path=/", "__Session="+raw, "__session"+sfx+"="+raw+"; Domain=.example.com; Partitioned; Secure; Priority=High",
		"__session", "__session=", "__session=a=b; Path=/", "__client_uat=1; Expires=soon", "__client_uat=1; Max-Age=x", "__client_uat=1; Path", "__client_uat"+sfx+"=x y; Path=/",
		"__client_uat=1; SameSite=None; Secure", "__refresh"+sfx+"=a,b; Path=/", "__session_other="+raw+"; Path=/", "=x", "", ";", "__client_uat=1;; Path=/")
}

// addHandshake lets some requests come back from a handshake, with a payload or a nonce, in
// a cookie or in the address.
func (g *generator) addHandshake(r *rand.Rand, q *question, key wire.PublishableKey) {
	if !chance(r, 16) {
		return
	}
	name, value := wire.CookieHandshakeNonce, pick(r, "nonce_1", "n 2", "n%2F3")
	if chance(r, 60) {
		name, value = wire.CookieHandshake, g.payload(r, q)
	}
	if chance(r, 50) == key.Live() || chance(r, 60) != key.Live() {
		q.addCookie(name, value)
	} else {
		q.addParam(name, value)
	}
}

// payload signs the lines of a handshake, mostly as it should be.
func (g *generator) payload(r *rand.Rand, q *question) string {
	d := &draft{kid: keyGood, alg: "RS256", head: object{{"alg", `"RS256"`}, {"kid", quoted(keyGood)}, {"typ", `"JWT"`}}}
	if chance(r, 50) {
		d.head.set("cat", pick(r, `"cl_B7d4PD111AAA"`, `"cl_I7d4PD111III"`))
	}
	d.body = object{{"handshake", body(g.directives(r, q))}}
	if chance(r, 20) {
		pick(r, otherAlgorithm, otherKind, otherKey, badSignature, oddSpelling, oddJSON, extraHeader, notAToken, func(r *rand.Rand, d *draft) {
			d.body.set("handshake", pick(r, "", "null", `"x"`, "[]", "[5]", `["__session"]`))
		})(r, d)
	}
	if chance(r, 10) {
		d.body.set("exp", "1") // a handshake does not expire (protocol reference 10, trap 9)
	}
	return d.mint(g.ring).raw
}
