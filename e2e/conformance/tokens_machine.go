package conformance

import (
	"math/rand/v2"

	"github.com/usherauth/usher/wire"
)

// mintMachines mints n tokens of a kind, most of them with something odd.
func (g *generator) mintMachines(r *rand.Rand, host string, kind wire.TokenType, n int) {
	id := host + string(kind)
	for range n / 4 {
		g.machines[id] = append(g.machines[id], newMachineDraft(r, host, kind).mint(g.ring))
	}
	for range 3 * n / 4 {
		d := newMachineDraft(r, host, kind)
		for range 1 + r.IntN(7)/5 {
			pick(r, machineMutations...)(r, d)
		}
		g.brokenMachines[id] = append(g.brokenMachines[id], d.mint(g.ring))
	}
}

// newMachineDraft is a machine's or an OAuth client's token that nothing is wrong with.
func newMachineDraft(r *rand.Rand, host string, kind wire.TokenType) *draft {
	iat := int64(second - r.IntN(3000))
	d := &draft{kid: keyGood, alg: "RS256"}
	d.head = object{{"alg", `"RS256"`}, {"kid", quoted(keyGood)}}
	d.body = object{{"iss", quoted("https://" + host)}}
	d.time("iat", iat)
	d.time("nbf", iat-10)
	d.time("exp", iat+3600)
	if !chance(r, 10) {
		d.body.set("jti", quoted(pick(r, "id_1", "id_2")))
	}
	if kind == wire.TokenM2M {
		addM2M(r, d)
	} else {
		addOAuth(r, d)
	}
	return d
}

func addM2M(r *rand.Rand, d *draft) {
	if chance(r, 75) {
		d.head.set("typ", `"JWT"`)
	}
	if chance(r, 60) {
		d.head.set("cat", quoted(wire.CategoryM2M))
	}
	d.body.set("sub", quoted(pick(r, "mch_1", "mch_2")))
	if chance(r, 75) {
		d.body.set("aud", pick(r, `["mch_2"]`, `["mch_2","mch_3"]`, `"mch_2"`, `["api"]`, `["other"]`))
	}
	if chance(r, 60) {
		d.body.set("scopes", pick(r, `"mch_2"`, `"mch_2 mch_3"`))
	}
	if chance(r, 40) {
		d.body.set(pick(r, "class", "client_id", "sid", "azp"), pick(r, `"gold"`, "{}", "[1]", "1.5"))
	}
}

func addOAuth(r *rand.Rand, d *draft) {
	d.head.set("typ", pick(r, `"at+jwt"`, `"at+jwt"`, `"application/at+jwt"`))
	if chance(r, 15) {
		d.head.set("cat", pick(r, quoted(wire.CategoryIgnore), `"unknown"`))
	}
	d.body.set("sub", quoted(pick(r, "user_1", "user_2")))
	d.body.set("client_id", quoted(pick(r, "client_1", "client_2")))
	addAudience(r, d)
	if chance(r, 80) {
		d.body.set("scope", pick(r, `"email"`, `"email profile"`))
	}
	if chance(r, 20) {
		d.body.set("scp", pick(r, `["email"]`, `["read","write"]`))
	}
}

// machineMutations are the ways in which a machine's token is not what it should be.
var machineMutations = []func(*rand.Rand, *draft){
	shiftTimes, shiftTimes, shiftTimes, oddTimes,
	otherAlgorithm, otherMachineKind, otherMachineKind, otherKey, badSignature, badSignature,
	oddMachineSubject, oddIssuer, oddAudience, oddScopes, oddScopes,
	oddSpelling, oddJSON, extraHeader, large, notAToken,
}

// otherMachineKind makes it say that it is of another kind.
func otherMachineKind(r *rand.Rand, d *draft) {
	switch r.IntN(3) {
	case 0:
		d.head.set("typ", pick(r, "", `"JWT"`, `"jwt"`, `"at+jwt"`, `"application/at+jwt"`, `"AT+JWT"`, `"logout+jwt"`, `""`, "null", "1", `["at+jwt"]`))
	case 1:
		d.head.set("cat", pick(r, "", quoted(wire.CategorySession), quoted(wire.CategoryTemplate), quoted(wire.CategoryM2M), quoted(wire.CategoryIgnore), `"unknown"`, `""`, "null", "3"))
	case 2:
		d.body.set("sub", pick(r, `"mch_1"`, `"user_1"`, `"MCH_1"`, `"mch_"`))
	}
}

func oddMachineSubject(r *rand.Rand, d *draft) {
	d.body.set("sub", pick(r, "", "null", `""`, "0", "5", `["mch_1"]`, "{}", `"mch_1\n"`, `"mch_\u0000"`, `"mch_ü"`, `"org_1"`, `"thing"`, `"user_1\u007f"`))
}

// oddScopes spells what a token is for in other ways and other types.
func oddScopes(r *rand.Rand, d *draft) {
	name := pick(r, "scope", "scope", "scopes", "scopes", "scp", "aud", "jti", "client_id")
	d.body.set(name, pick(r, "", "null", `""`, `" "`, `"a  b"`, `" a"`, `"a b"`, "5", "0", "true", "false", "[]", `["a"]`, `["a b","c"]`, "[1]", `["a",null]`, "{}"))
}
