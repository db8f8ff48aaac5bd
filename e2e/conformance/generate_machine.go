package conformance

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// kinds are the kinds of tokens that a list may name.
var kinds = []wire.TokenType{wire.TokenSession, wire.TokenAPIKey, wire.TokenM2M, wire.TokenOAuth}

// addMachine makes one request in five about machine tokens: it says which kinds are
// accepted, sends one of some kind beside whatever cookies there are, and lets the Backend
// API say something about each kind.
func (g *generator) addMachine(r *rand.Rand, q *question) {
	if !chance(r, 20) {
		return
	}
	q.options.AcceptsToken = acceptance(r)
	q.addMachineKeys(r)
	if chance(r, 30) {
		q.options.Audience = pick(r, []string{"api"}, []string{"x", "api"}, []string{"api", "mch_2"})
	}
	for _, kind := range kinds[1:] {
		q.backend[string(kind)] = machineAnswer(r, kind)
	}
	if chance(r, 92) {
		t := g.anyToken(r, q)
		value := "Bearer " + t
		if chance(r, 15) {
			value = pick(r, t, t, "bearer "+t, "Bearer "+t+" more", "Bearer  "+t, "Basic "+t, "Bearer "+t+",x")
		}
		q.dropHeaders("Authorization")
		q.headers = append(q.headers, pair{"Authorization", value})
	}
	if chance(r, 8) {
		t := g.anyToken(r, q)
		for i, c := range q.cookies {
			if strings.HasPrefix(c.Name, wireSession) {
				q.cookies[i].Value = t
			}
		}
	}
}

// acceptance chooses what decides: nothing said, one kind, or a list of kinds.
func acceptance(r *rand.Rand) *accepted {
	switch n := r.IntN(100); {
	case n < 8:
		return nil
	case n < 60:
		return &accepted{kinds: pick(r, kinds[:1], kinds[1:2], kinds[1:2], kinds[2:3], kinds[2:3], kinds[3:], kinds[3:], []wire.TokenType{wire.TokenAny}, []wire.TokenType{wire.TokenAny})}
	}
	list := slices.Clone(kinds)
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return &accepted{kinds: list[:1+r.IntN(len(list))], list: true}
}

// addMachineKeys adds a key of a machine, and the secret key that verifying API keys and
// OAuth tokens takes. Where machines are accepted, theirs may be the only one.
func (q *question) addMachineKeys(r *rand.Rand) {
	o := &q.options
	if chance(r, 50) {
		o.MachineSecretKey = "ak_" + strings.Repeat("m", 40)
	}
	if o.AcceptsToken == nil {
		return
	}
	only := o.AcceptsToken.kinds
	if len(only) == 1 && only[0] == wire.TokenM2M && o.MachineSecretKey != "" && chance(r, 50) {
		o.SecretKey = ""
		return
	}
	if o.SecretKey == "" && !slices.Equal(only, kinds[:1]) {
		o.SecretKey = q.secretKey()
	}
}

// secretKey is one that fits the publishable key.
func (q *question) secretKey() string {
	if q.key().Live() {
		return "sk_live_" + strings.Repeat("x", 40)
	}
	return "sk_test_" + strings.Repeat("x", 40)
}

// anyToken is a token of any kind, more often of one that is accepted.
func (g *generator) anyToken(r *rand.Rand, q *question) string {
	kind := pick(r, kinds...)
	if a := q.options.AcceptsToken; a != nil && a.kinds[0] != wire.TokenAny && chance(r, 65) {
		kind = pick(r, a.kinds...)
	}
	switch {
	case kind == wire.TokenSession:
		return g.token(r, q).raw
	case kind == wire.TokenAPIKey:
		return opaque(r, "ak_")
	case chance(r, 40):
		return opaque(r, map[wire.TokenType]string{wire.TokenM2M: "mt_", wire.TokenOAuth: "oat_"}[kind])
	}
	host := q.host()
	if chance(r, 5) {
		host = pick(r, instances...).Host()
	}
	pools := g.machines
	if chance(r, 60) {
		pools = g.brokenMachines
	}
	return pick(r, pools[host+string(kind)]...).raw
}

// opaque is a token that says nothing but its kind, now and then none that was ever issued.
func opaque(r *rand.Rand, prefix string) string {
	if chance(r, 80) {
		return prefix + pick(r, "1", "2", "live_abcDEF123", "a-b.c_d~e+f/g=")
	}
	return pick(r, prefix, strings.ToUpper(prefix)+"1", strings.TrimSuffix(prefix, "_"), prefix+"a.b", prefix+"a.b.c", prefix+"a..c", prefix+"a.b.c.d", prefix+"e30.e30.e30",
		prefix+"\u00e9", prefix+`"`, prefix+"a,b", prefix+"<script>", prefix+"a;b", prefix+strings.Repeat("a", 8180), prefix+strings.Repeat("a", 8200), prefix+prefix+"1", "x"+prefix+"1")
}
