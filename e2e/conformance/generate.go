package conformance

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// origins are where the app is.
var origins = []string{"https://app.example.com", "https://app.example.com", "http://localhost:3000"}

// instances are publishable keys with the hosts in them.
var instances = []wire.PublishableKey{
	wire.NewPublishableKey(true, "clerk.example.com"),
	wire.NewPublishableKey(true, "app.localhost:8080"),
	wire.NewPublishableKey(false, "foo-bar-13.clerk.accounts.dev"),
	wire.NewPublishableKey(false, "clerk.example.com"),
}

// satelliteHost is the Frontend API of a satellite of a production instance, which issues
// the tokens there (protocol reference 2.3, rule 2).
const satelliteHost = "clerk.sat.example.net"

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
	hosts := []string{satelliteHost}
	for _, key := range instances {
		hosts = append(hosts, key.Host())
	}
	for _, host := range hosts {
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
	if chance(r, 5) {
		q.oddAddress(r)
	}
	return q
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

func (g *generator) addOptions(r *rand.Rand, q *question, key wire.PublishableKey) {
	o := &q.options
	// The reference does not look at the issuer unless it is told to. It is told what this
	// library concludes from the publishable key.
	o.Issuer = []string{key.Issuer()}
	secret := q.secretKey()
	switch {
	case chance(r, 60):
		o.SecretKey = secret
	case chance(r, 50):
		o.SecretKey, o.JWTKey = secret, g.ring.pem
	default:
		o.JWTKey = g.ring.pem
	}
	if chance(r, 20) {
		o.ProxyURL = pick(r, "/__clerk", "https://app.example.com/__clerk", "https://proxy.example.com:8443/clerk", "http://localhost:3000/__clerk")
		if strings.HasPrefix(o.ProxyURL, "http") {
			o.Issuer = append(o.Issuer, o.ProxyURL)
		}
	}
	if chance(r, 15) {
		o.Issuer = append([]string{"https://issuer.example"}, o.Issuer...)
	}
	if chance(r, 20) {
		addSatellite(r, q, key)
		if q.host() != key.Host() {
			o.Issuer = append(o.Issuer, "https://"+q.host())
		}
	}
	if chance(r, 40) {
		o.AuthorizedParties = pick(r, []string{q.origin}, []string{q.origin}, []string{"https://other.example", q.origin}, []string{"https://other.example"})
	}
	if chance(r, 20) {
		o.Audience = pick(r, []string{"api"}, []string{"x", "api"})
	}
	if chance(r, 20) {
		skew := pick[int64](r, 0, 1000, 30_000, 4_500)
		o.ClockSkew = &skew
	}
	if chance(r, 25) {
		o.Organizations = &organization{
			Patterns: pick(r, []string{"/orgs/:slug", "/orgs/:slug/(.*)"}, []string{"/by-id/:id", "/by-id/:id/(.*)", "/orgs/:slug"}, nil),
			Personal: pick(r, []string{"/me", "/p"}, []string{"/(.*)"}, nil),
		}
	}
	if chance(r, 30) {
		o.ReturnOrigins = []string{"https://sat.example.net"}
	}
}

func addSatellite(r *rand.Rand, q *question, key wire.PublishableKey) {
	o := &q.options
	o.IsSatellite = true
	if o.ProxyURL == "" || chance(r, 50) {
		o.Domain = "sat.example.net"
	}
	o.SatelliteAutoSync = chance(r, 50)
	if !key.Live() || chance(r, 50) {
		o.SignInURL = pick(r, "https://primary.example/sign-in", "https://primary.example/sign-in?x=1")
	}
	if chance(r, 40) {
		q.addParam("__clerk_synced", pick(r, "true", "false", "x", ""))
	}
}

// addMetadata adds what browsers say about themselves.
func addMetadata(r *rand.Rand, q *question, key wire.PublishableKey) {
	add := func(name, value string) { q.headers = append(q.headers, pair{name, value}) }
	if !chance(r, 15) {
		add("Sec-Fetch-Dest", pick(r, "document", "document", "document", "document", "iframe", "empty", "image", "", "Document"))
	}
	if chance(r, 60) {
		add("Accept", pick(r, "text/html,application/xhtml+xml", "text/html", "*/*", "application/json", "application/json, text/html", "TEXT/HTML", ""))
	}
	if chance(r, 35) {
		host := key.Host()
		add("Referer", pick(r, q.origin+"/other", "https://other.example/x", "https://"+host+"/v1", "http://"+host+"/", "https://accounts.example.com/sign-in",
			"https://foo-bar-13.accounts.dev/sign-in", "https://evil.accounts.dev/", "https://accounts.foo-bar-13.lcl.dev/", "not a url", "", "https://APP.example.com:443/",
			"https://app.example.com.evil.example/", "http://accounts.example.com/", "https://proxy.example.com:8443/", "https://accounts.evil.example/", "https://clerk.sat.example.net/", "android-app://com.example"))
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
