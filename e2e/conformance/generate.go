package conformance

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// host is where the question's tokens come from.
func (q *question) host() string {
	if q.key().Live() && q.options.IsSatellite && q.options.Domain != "" {
		return "clerk." + q.options.Domain
	}
	return q.key().Host()
}

// generator makes questions. The same seed gives the same ones, but for the keys.
type generator struct {
	ring   *keyring
	seed   uint64
	pools  map[string][]sample // tokens by the host that issued them
	broken map[string][]sample

	machines, brokenMachines map[string][]sample // by the host and the kind
}

// newGenerator mints n tokens for each instance, half of them with something odd.
func newGenerator(ring *keyring, seed uint64, n int) *generator {
	g := &generator{
		ring: ring, seed: seed, pools: map[string][]sample{}, broken: map[string][]sample{},
		machines: map[string][]sample{}, brokenMachines: map[string][]sample{},
	}
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // repeatable on purpose
	for _, host := range hosts() {
		for range n / 4 {
			g.pools[host] = append(g.pools[host], newDraft(r, host).mint(ring))
		}
		for range 3 * n / 4 {
			d := newDraft(r, host)
			for range 1 + r.IntN(7)/5 {
				pick(r, mutations...)(r, d)
			}
			g.broken[host] = append(g.broken[host], d.mint(ring))
		}
		for _, kind := range []wire.TokenType{wire.TokenM2M, wire.TokenOAuth} {
			g.mintMachines(r, host, kind, n/3)
		}
	}
	return g
}

// question makes the nth question.
func (g *generator) question(n int) *question {
	r := rand.New(rand.NewPCG(g.seed, uint64(n)+1)) //nolint:gosec // repeatable on purpose
	key := pick(r, instances...)
	q := &question{n: n, now: time.UnixMilli(second*1000 + int64(pick(r, 0, 0, 1, 499, 500, 999))), origin: pick(r, origins...)}
	q.options.PublishableKey = key.String()
	q.method = pick(r, "GET", "GET", "GET", "GET", "GET", "GET", "GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE")
	q.target = target(r)
	g.addOptions(r, q, key)
	g.addBackend(r, q)
	g.addCookies(r, q, key)
	g.addAuthorization(r, q)
	g.addHandshake(r, q, key)
	addMetadata(r, q, key)
	q.split = len(q.cookies) > 1 && chance(r, 10)
	if chance(r, 4) {
		q.joint = pick(r, ";", ";  ", " ; ", ";\t", ";;", "; ;", "; =; ")
	}
	g.addMachine(r, q)
	addChecks(r, q)
	if chance(r, 5) {
		q.oddAddress(r)
	}
	q.addPages(r)
	return q
}

// addPages asks where people would be sent to sign in, unless they would be sent to the same
// address without the handshake first. The reference adds to a page's query what is for its
// path, where it has one.
func (q *question) addPages(r *rand.Rand) {
	carries := func(name string) bool { return strings.Contains(q.target, name) || q.cookie(name) != "" }
	q.pages = (q.options.SignInURL != "" || q.options.IsSatellite) && !carries(wireHandshake) && !strings.Contains(q.options.SignInURL, "?")
	q.back = pick(r, "", "/back", "/back?x=1&__clerk_synced=true&x=2", q.origin+"/back?a=b%20c+d&e", q.origin+"/#x")
}

// token picks a token, more often a good one.
func (g *generator) token(r *rand.Rand, q *question) sample {
	host := q.host()
	if chance(r, 3) {
		host = pick(r, instances...).Host()
	}
	if chance(r, 55) {
		return pick(r, g.pools[host]...)
	}
	return pick(r, g.broken[host]...)
}

// addMetadata adds what browsers say about themselves.
func addMetadata(r *rand.Rand, q *question, key wire.PublishableKey) {
	add := func(name, value string) { q.headers = append(q.headers, pair{name, value}) }
	if !chance(r, 15) {
		add("Sec-Fetch-Dest", pick(r, "document", "document", "document", "document", "iframe", "empty", "image", "", "Document"))
	}
	if chance(r, 40) {
		modes := []string{"cors", "no-cors", "same-origin", "Navigate", ""}
		if dest := q.header("Sec-Fetch-Dest"); dest == "document" || dest == "iframe" || dest == "empty" {
			modes = append(modes, "navigate", "navigate", "navigate", "navigate")
		}
		add("Sec-Fetch-Mode", pick(r, modes...))
	}
	if chance(r, 60) {
		add("Accept", pick(r, "text/html,application/xhtml+xml", "text/html", "*/*", "application/json", "application/json, text/html", "TEXT/HTML", ""))
	}
	if chance(r, 35) {
		add("Referer", referer(r, q, key))
	}
	if chance(r, 10) {
		add("Origin", pick(r, q.origin, "https://other.example", "https://primary.example", "null"))
	}
	if chance(r, 6) {
		add(pick(r, "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Host"), pick(r, "evil.example", "https", "app.example.com, evil.example"))
	}
	if chance(r, 3) {
		add("Host", pick(r, "evil.example", "localhost:3000", "app.example.com"))
	}
}

// addAuthorization adds a header now and then; most requests have none.
func (g *generator) addAuthorization(r *rand.Rand, q *question) {
	if !chance(r, 22) {
		return
	}
	t := g.token(r, q).raw
	q.headers = append(q.headers, pair{"Authorization", pick(r, "Bearer "+t, "Bearer "+t, "Bearer "+t, t, "bearer "+t, "Basic "+t, "Basic dTpw", "", "Bearer", "Bearer ",
		"Bearer  "+t, "Bearer "+t+" more", "Bearer\t"+t, t+" more", "x", "Token "+t, "BEARER "+t, "Bearer ak_1", " Bearer "+t)})
	if chance(r, 5) { // twice
		q.headers = append(q.headers, pair{"Authorization", pick(r, "Bearer "+t, "Bearer "+g.token(r, q).raw, "Basic dTpw", "")})
	}
}

// body encodes what a Backend API says.
func body(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings
	}
	return string(raw)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
