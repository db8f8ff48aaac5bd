package conformance

import (
	"encoding/base64"
	"math/rand/v2"
	"strconv"
	"strings"
)

// mutations are the ways in which a token is not what a session token should be.
var mutations = []func(*rand.Rand, *draft){
	shiftTimes, shiftTimes, shiftTimes, shiftTimes, oddTimes,
	otherAlgorithm, otherKind, otherKey, badSignature, badSignature,
	oddSubject, oddIssuer, oddParty, oddAudience, oddOrganization,
	oddSpelling, oddJSON, extraHeader, large, notAToken,
}

// shiftTimes moves the token around the edges of its validity, for the usual clock skew of
// 5 s, for none, and for 30 s.
func shiftTimes(r *rand.Rand, d *draft) {
	edge := int64(pick(r, -3600, -66, -31, -30, -29, -6, -5, -4, -1, 0, 1))
	switch r.IntN(4) {
	case 0, 1:
		d.time("exp", second+edge)
		if chance(r, 70) {
			d.time("iat", second+edge-60)
			d.time("nbf", second+edge-70)
		}
	case 2:
		d.time("nbf", second-edge)
	case 3:
		d.time("iat", second-edge)
		if chance(r, 50) {
			d.time("nbf", second-edge)
		}
	}
}

func oddTimes(r *rand.Rand, d *draft) {
	name := pick(r, "exp", "exp", "nbf", "iat")
	d.body.set(name, pick(r, "", "null", `"1800000060"`, "true", "[1800000060]", "{}", "0", "-0", "0.0", "-5", "1e300", "1e400",
		"9223372036854775807", "18446744073709551615", "1800000060000", "1799999995.5", "1799999994.9", "18e8", "1.80000006e9", "253402300800"))
}

func otherAlgorithm(r *rand.Rand, d *draft) {
	alg := pick(r, "none", "HS256", "RS384", "RS512", "PS256")
	d.alg = alg
	d.head.set("alg", quoted(alg))
	switch r.IntN(6) {
	case 0: // said wrongly
		d.alg = "RS256"
	case 1:
		d.head.set("alg", pick(r, "", "null", "5", `["RS256"]`, `"rs256"`, `"RS256 "`, `"NONE"`, `"ES256"`, `"EdDSA"`, `""`))
		d.alg = "RS256"
	case 2:
		d.kid = keySecond
		d.head.set("kid", quoted(keySecond))
	}
}

func otherKind(r *rand.Rand, d *draft) {
	switch r.IntN(3) {
	case 0:
		d.head.set("typ", pick(r, "", `"jwt"`, `"at+jwt"`, `"application/at+jwt"`, `"logout+jwt"`, `""`, "null", "1"))
	case 1:
		d.head.set("cat", pick(r, "", `"cl_B7d4PD222AAA"`, `"cl_B7d4PD333AAA"`, `"cl_I7d4PD111III"`, `"unknown"`, `""`, "null", "3"))
	case 2:
		d.body.set("sub", `"mch_1"`)
	}
}

func otherKey(r *rand.Rand, d *draft) {
	switch r.IntN(3) {
	case 0: // signed with another than it says
		d.head.set("kid", pick(r, quoted(keySecond), quoted(keyAttacker), "", `""`, "5", "null", quoted(strings.ToUpper(keyGood)), quoted("../"+keyGood)))
	case 1:
		d.kid = keyAttacker
		d.head.set("kid", pick(r, quoted(keyGood), quoted(keyAttacker)))
	case 2: // published for RS512 only
		d.kid = keySecond
		d.head.set("kid", quoted(keySecond))
	}
}

func badSignature(r *rand.Rand, d *draft) {
	d.spoil = pick(r,
		func(s string) string { return s[:len(s)-8] + "AAAAAAAA" },
		func(s string) string { return s[:len(s)-3] },
		func(s string) string { return s[:strings.LastIndexByte(s, '.')+1] },
		func(s string) string { return s + "==" },
		func(s string) string { return s + "AAAA" },
		func(s string) string { return s[:len(s)-1] + "_" }, // bits that nothing uses
	)
}

func oddSubject(r *rand.Rand, d *draft) {
	name := pick(r, "sub", "sid")
	d.body.set(name, pick(r, "", "null", `""`, "0", "5", `["user_1"]`, "{}", `"user\n1"`, `"user\u00001"`, `"ü"`))
}

func oddIssuer(r *rand.Rand, d *draft) {
	d.body.set("iss", pick(r, "", "null", `""`, `"https://clerk.other.example"`, `"https://clerk.example.com/"`, `"http://clerk.example.com"`,
		`"clerk.example.com"`, `["https://clerk.example.com"]`, `"https://clerk.example.com.evil.example"`, `"HTTPS://clerk.example.com"`,
		`"https://issuer.example"`, `"https://app.example.com/__clerk"`))
}

func oddParty(r *rand.Rand, d *draft) {
	d.body.set("azp", pick(r, "", "null", `""`, `"https://evil.example"`, `["https://app.example.com"]`, `"https://APP.example.com"`, `"https://app.example.com/"`, "0"))
}

func oddAudience(r *rand.Rand, d *draft) {
	d.body.set("aud", pick(r, "null", `""`, "[]", "[1]", `["api",1]`, "5", "0", "{}", `[""]`, `["","api"]`, `[["api"]]`,
		`["api",null]`, "[null]", `"api "`, `[true]`, `{"0":"api"}`))
}

func oddOrganization(r *rand.Rand, d *draft) {
	switch r.IntN(8) {
	case 0:
		d.body.set("v", pick(r, `"2"`, "1", "2.0", "null", "3", "true", "[2]", "2e0"))
	case 1:
		d.body.set("fea", pick(r, "5", `"dashboard"`, `"o:a,,o:b"`, `":"`, "null", `"o:a:b"`))
	case 2:
		d.body.set("o", pick(r, "null", `"org_1"`, "[]", "{}", `{"id":5}`, `{"id":"org_1"}`, `{"rol":"admin"}`, `{"id":"org_1","per":5,"fpm":5}`,
			`{"id":"org_1","slg":5}`, `{"id":"org_1","rol":null,"per":"r","fpm":"1"}`, `{"id":"org_1","rol":""}`, `{"id":"org_1","per":null,"fpm":"3"}`,
			`{"id":"org_1","rol":"admin","per":"r","fpm":null}`, `{"id":"org_1","rol":"org:admin"}`, `{"id":"org_1","rol":"admin","more":[null]}`, `{"id":""}`, `{"ID":"org_1"}`))
	case 3:
		d.body.set(pick(r, "org_id", "org_role", "org_slug", "org_permissions"), pick(r, "5", "null", `""`, "[]", `"x"`, "{}", "[null]", `["org:a:read",null]`, `["org:a:read",5]`, `[""]`, "true"))
	case 4:
		d.body.set("sts", pick(r, `""`, "null", "5", `"ended"`, `"Pending"`, `"pending "`, `["pending"]`, "true", "{}"))
	case 5:
		d.body.set("act", pick(r, "null", "{}", `"user_9"`, "5", `{"sub":5}`, "[]", `{"sub":null}`, `{"sub":""}`,
			`{"sub":"user_9","iss":5}`, `{"sub":"user_9","act":{"sub":"user_8"}}`, `{"SUB":"user_9"}`, "true", `[{"sub":"user_9"}]`))
	case 6:
		d.body.set("pla", pick(r, "5", "null", `""`, `"pro"`, `"o:"`, `"o:pro,,u:x"`, `" o:pro "`, "[]"))
	case 7:
		d.body.set("fva", pick(r, "[true,false]", "[[0],[0]]", `{"0":0,"1":0}`, "[0,99999999999999999999]", "[]", "[0]", "{}", "5", "[-1,null]", `["0","0"]`, "[-1,-2]"))
	}
}

// oddSpelling writes the same octets in another base64.
func oddSpelling(r *rand.Rand, d *draft) {
	d.spoil = pick(r,
		func(s string) string { return strings.Replace(s, ".", "=.", 1) },
		func(s string) string { return strings.Replace(s, ".", "==.", 1) },
		func(s string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(s) },
		func(s string) string { return strings.Replace(s, ".", "\u00e9.", 1) },
		func(s string) string { return " " + s },
	)
}

// oddJSON writes an object in ways that readers disagree about.
func oddJSON(r *rand.Rand, d *draft) {
	part := &d.body
	if chance(r, 30) {
		part = &d.head
	}
	switch r.IntN(7) {
	case 0: // a name twice
		*part = append(object{(*part)[r.IntN(len(*part))]}, *part...)
	case 1:
		*part = append(*part, member{pick(r, "sub", "exp", "alg", "x"), pick(r, `"user_3"`, "1900000000", `"none"`)})
	case 2: // names that only look alike
		*part = append(*part, member{pick(r, "SUB", "Exp", "Alg", "\u017fid", "Sid", "Iss"), pick(r, `"user_3"`, "1900000000", `"none"`)})
	case 3:
		part.set("x", strings.Repeat("[", pick(r, 5, 20, 40, 1000))+"1"+strings.Repeat("]", 1000))
	case 4:
		part.set(pick(r, "x", "sub"), `"\ud800"`)
	case 5:
		part.set("x", "\"\xff\"")
	case 6:
		raw := pick(r, "null", "[]", "5", `"x"`, "{}", "\ufeff{}", "{} {}", "true")
		d.spoil = func(s string) string { return replacePart(s, r.IntN(2), raw) }
	}
}

func replacePart(tok string, i int, text string) string {
	parts := strings.Split(tok, ".")
	parts[i] = base64.RawURLEncoding.EncodeToString([]byte(text))
	return strings.Join(parts, ".")
}

func extraHeader(r *rand.Rand, d *draft) {
	switch r.IntN(3) {
	case 0:
		d.head.set("crit", pick(r, `["b64"]`, `["exp"]`, "[]", `"x"`, "null"))
	case 1:
		d.head.set(pick(r, "jku", "x5u"), `"https://evil.example/keys"`)
	case 2:
		d.head.set(pick(r, "oiat", "b64", "jwk"), pick(r, "1800000000", "true", "{}"))
	}
}

func large(r *rand.Rand, d *draft) {
	d.body.set("big", `"`+strings.Repeat("a", pick(r, 2000, 3400, 5900, 7000))+`"`)
}

func notAToken(r *rand.Rand, d *draft) {
	text := pick(r, "x", "a.b", "a.b.c", "a.b.c.d", "..", ".", "ak_123", "oat_1", "mt_1", strings.Repeat(".", 300), strconv.Itoa(second), "null", "a.b.c.d.e", "e30.e30.e30", "undefined")
	d.spoil = func(string) string { return text }
}
