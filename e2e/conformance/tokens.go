package conformance

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// second is the time all questions are asked at, but for some milliseconds.
const second = 1_800_000_000

// draft is a token before it is signed.
type draft struct {
	head, body object
	kid, alg   string
	spoil      func(string) string // what happens to it afterwards
}

// sample is a token that requests are made of. iat is what a __client_uat is chosen around.
type sample struct {
	raw string
	iat int64
}

// pick chooses one of list.
func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// chance is true n times in a hundred.
func chance(r *rand.Rand, n int) bool { return r.IntN(100) < n }

// newDraft is a token that nothing is wrong with.
func newDraft(r *rand.Rand, host string) *draft {
	iat := int64(second - r.IntN(20))
	d := &draft{kid: keyGood, alg: "RS256"}
	d.head = object{{"alg", `"RS256"`}, {"kid", quoted(keyGood)}, {"typ", `"JWT"`}}
	if chance(r, 70) {
		d.head.set("cat", pick(r, `"cl_B7d4PD111AAA"`, `"cl_B7d4PD111AAA"`, `"cl_I7d4PD111III"`))
	}
	d.body = object{{"iss", quoted("https://" + host)}, {"sub", quoted(pick(r, "user_1", "user_2"))}, {"sid", quoted(pick(r, "sess_1", "sess_2"))}}
	d.time("iat", iat)
	d.time("nbf", iat-10)
	d.time("exp", iat+60)
	if !chance(r, 8) {
		d.body.set("azp", quoted(pick(r, origins...)))
	}
	for _, add := range []func(*rand.Rand, *draft){addOrganization, addStatus, addActor, addAges, addAudience} {
		add(r, d)
	}
	return d
}

func (d *draft) time(name string, at int64) { d.body.set(name, strconv.FormatInt(at, 10)) }

// iat is the time of issue as a number, whatever the token says.
func (d *draft) iat() int64 {
	for _, m := range d.body {
		if m.name == "iat" {
			if n, err := strconv.ParseInt(m.value, 10, 64); err == nil {
				return n
			}
		}
	}
	return second
}

func (d *draft) mint(k *keyring) sample {
	raw := k.token(d.kid, d.alg, d.head.String(), d.body.String())
	if d.spoil != nil {
		raw = d.spoil(raw)
	}
	return sample{raw, d.iat()}
}

func addStatus(r *rand.Rand, d *draft) {
	if chance(r, 40) {
		d.body.set("sts", pick(r, `"active"`, `"active"`, `"pending"`))
	}
}

func addActor(r *rand.Rand, d *draft) {
	if chance(r, 15) {
		d.body.set("act", pick(r, `{"sub":"user_9"}`, `{"sub":"user_9","iss":"https://dashboard.example.com","sid":"sess_9"}`, `{"type":"agent","sub":"agent_1","more":[1]}`))
	}
}

func addAges(r *rand.Rand, d *draft) {
	if chance(r, 50) {
		d.body.set("fva", pick(r, "[0,-1]", "[5,20]", "[-1,3]", "[1000000,0]", "[-1,-1]", "[1]", "[1,2,3]", "[-2,0]", "[null,null]", "[0,null]", "[ 0 , 1 ]", "[-0,1]", "[5.0,1e1]", "[0.5,1]", "[0,99999999999999999999]", "null", `"x"`, `["1",2]`))
	}
}

func addAudience(r *rand.Rand, d *draft) {
	if chance(r, 30) {
		d.body.set("aud", pick(r, `"api"`, `"api"`, `["api"]`, `["other","api"]`, `"other"`, `["other"]`))
	}
}

// addOrganization gives the token an organisation in either version of the claims.
func addOrganization(r *rand.Rand, d *draft) {
	if chance(r, 35) { // version 1
		if chance(r, 70) {
			d.body.set("org_id", quoted(pick(r, "org_1", "org_2")))
			d.body.set("org_slug", quoted(pick(r, "acme", "other")))
			d.body.set("org_role", `"org:admin"`)
			d.body.set("org_permissions", pick(r, `["org:a:read"]`, `["org:a:read","org:b:write"]`, `[]`, `["a:read","org:org:b:write"]`))
		}
		return
	}
	d.body.set("v", "2")
	d.body.set("jti", quoted("j"+strconv.Itoa(r.IntN(3))))
	d.body.set("fea", pick(r, `"o:dashboard,o:teams"`, `"o:dashboard,u:x,o:teams"`, `"ou:dashboard,u:x,uo:teams"`, `"o:a , o:b"`, `"u:x"`, `""`, `"z:x,o:a,oz:b,o:b"`, `"o:,o:a"`, `"O:dashboard,u:u:x"`, `"o:a:b, uo:b"`))
	d.body.set("pla", pick(r, `"o:pro,u:free"`, `"u:free"`, `"x:pro, ou:free"`, `"u:pro,"`, `"u:"`))
	if chance(r, 30) {
		return
	}
	o := object{{"id", quoted(pick(r, "org_1", "org_2"))}, {"slg", quoted(pick(r, "acme", "other"))}}
	if !chance(r, 5) {
		o.set("rol", quoted(pick(r, "admin", "member")))
	}
	if !chance(r, 15) {
		o.set("per", pick(r, `"manage,read"`, `"r , w"`, `"r"`, `""`, quoted(manyPermissions)))
		o.set("fpm", pick(r, `"3,2"`, `"1,2"`, `"x,1"`, `"1"`, `"1 , 2"`, `"3,3,3,3"`, `"1180591620717411303424"`, `"-1"`, `"0x3"`, `"1.5,3"`, `""`))
	}
	d.body.set("o", o.String())
}

var manyPermissions = func() string {
	var names []string
	for i := range 71 {
		names = append(names, "p"+strconv.Itoa(i))
	}
	return strings.Join(names, ",")
}()
