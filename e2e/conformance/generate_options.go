package conformance

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// origins are where the app is.
var origins = []string{
	"https://app.example.com", "https://app.example.com", "https://app.example.com", "http://localhost:3000", "http://localhost:3000",
	"https://app.example.com:8443", "https://example.com", "http://127.0.0.1:8080", "http://[::1]:3000", "https://accounts.example.com",
}

// instances are publishable keys with the hosts in them.
var instances = []wire.PublishableKey{
	wire.NewPublishableKey(true, "clerk.example.com"),
	wire.NewPublishableKey(true, "app.localhost:8080"),
	wire.NewPublishableKey(false, "foo-bar-13.clerk.accounts.dev"),
	wire.NewPublishableKey(false, "clerk.example.com"),
	wire.NewPublishableKey(true, "clerk.app.example.co.uk"),
	wire.NewPublishableKey(false, "foo-bar-13.clerk.accountsstage.dev"),
	wire.NewPublishableKey(false, "clerk.foo.bar-13.lcl.dev"),
	wire.NewPublishableKey(false, "app.localhost:8080"),
}

// satellites are domains of satellites.
var satellites = []string{"sat.example.net", "sat.example.net", "www.sat.example.net"}

// hosts issue tokens: those of the instances, and those of satellites of production
// instances (protocol reference 2.3, rule 2).
func hosts() []string {
	var all []string
	for _, domain := range satellites {
		all = append(all, "clerk."+domain)
	}
	for _, key := range instances {
		all = append(all, key.Host())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (g *generator) addOptions(r *rand.Rand, q *question, key wire.PublishableKey) {
	o := &q.options
	// The reference does not look at the issuer unless it is told to. It is told what this
	// library concludes from the publishable key.
	o.Issuer = []string{key.Issuer()}
	g.addKeys(r, q)
	if chance(r, 20) {
		o.ProxyURL = pick(r, "/__clerk", "https://app.example.com/__clerk", "https://proxy.example.com:8443/clerk", "http://localhost:3000/__clerk",
			"/", "/api/clerk/", "https://proxy.example.com", "https://proxy.example.com/", "https://proxy.example.com:443/clerk/", "http://127.0.0.1:8080/c/d", q.origin+"/clerk")
		if strings.HasPrefix(o.ProxyURL, "http") {
			o.Issuer = append(o.Issuer, strings.TrimSuffix(o.ProxyURL, "/"))
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
	} else if chance(r, 15) {
		o.SignInURL = pick(r, "/sign-in", "/login?x=1", q.origin+"/sign-in", "https://accounts.example.org/sign-in", "https://accounts.example.org/#/sign-in?y",
			"https://foo-bar-13.accounts.dev/sign-in/?redirect_url=x&z=1", "http://localhost:3001/sign-in")
	} else if chance(r, 10) { // says nothing where nobody is a satellite
		o.Domain = pick(r, satellites...)
		o.SatelliteAutoSync = chance(r, 50)
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
			Patterns: pick(r, []string{"/orgs/:slug", "/orgs/:slug/(.*)"}, []string{"/by-id/:id", "/by-id/:id/(.*)", "/orgs/:slug"},
				[]string{"/:slug"}, []string{"/:section/:id"}, []string{"/:slug/:id", "/(.*)/:slug"}, []string{"/a%20b;c/:slug"}, nil),
			Personal: pick(r, []string{"/me", "/p"}, []string{"/(.*)"}, []string{"/me/"}, []string{"/:slug"}, nil),
		}
	}
	if chance(r, 30) {
		o.ReturnOrigins = []string{"https://sat.example.net"}
	}
}

// addKeys says where keys to verify with come from.
func (g *generator) addKeys(r *rand.Rand, q *question) {
	o := &q.options
	secret := q.secretKey()
	switch {
	case chance(r, 60):
		o.SecretKey = secret
	case chance(r, 50):
		o.SecretKey, o.JWTKey = secret, g.ring.pem
	default:
		o.JWTKey = g.ring.pem
	}
}

func addSatellite(r *rand.Rand, q *question, key wire.PublishableKey) {
	o := &q.options
	o.IsSatellite = true
	if o.ProxyURL == "" || chance(r, 50) {
		o.Domain = pick(r, satellites...)
	}
	o.SatelliteAutoSync = chance(r, 50)
	if !key.Live() || chance(r, 50) {
		o.SignInURL = pick(r, "https://primary.example/sign-in", "https://primary.example/sign-in?x=1", "https://primary.example/#/sign-in", "https://primary.example",
			"http://localhost:4000/sign-in", "https://primary.example:443/a%20b/?x=a%20b&x", "https://primary.example/sign-in?__clerk_redirect_url=https%3A%2F%2Fx.example")
	}
	if chance(r, 40) {
		q.addParam("__clerk_synced", pick(r, "true", "false", "x", ""))
	}
}

// referer is a page that somebody may have come from.
func referer(r *rand.Rand, q *question, key wire.PublishableKey) string {
	host := key.Host()
	_, parent, _ := strings.Cut(host, ".")
	return pick(r, q.origin+"/other", q.origin, "https://other.example/x", "https://"+host+"/v1", "http://"+host+"/", "https://"+strings.ToUpper(host)+"/",
		"https://accounts."+parent+"/x", "https://"+parent+"/", "https://"+strings.Replace(host, ".clerk.", ".", 1)+"/sign-in", "https://accounts.example.com/sign-in",
		"https://foo-bar-13.accounts.dev/sign-in", "https://foo-bar-13.accountsstage.dev/", "https://evil.accounts.dev/", "https://accounts.foo-bar-13.lcl.dev/",
		"https://accounts.foo.bar-13.lcl.dev/", "not a url", "", "https://APP.example.com:443/",
		"https://app.example.com.evil.example/", "http://accounts.example.com/", "https://proxy.example.com:8443/", "https://proxy.example.com/x", "https://accounts.evil.example/",
		"https://clerk.sat.example.net/", "https://accounts.sat.example.net/", "android-app://com.example")
}
