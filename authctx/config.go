package authctx

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// NoClockSkew is the Config.ClockSkew that allows clocks no difference at all.
const NoClockSkew = time.Duration(-1)

const (
	defaultAPIURL    = "https://api.clerk.com"
	defaultClockSkew = 5 * time.Second // protocol reference 3.4
)

// Config describes one instance to verify requests against. The zero value is not
// usable: SecretKey or JWTKey is needed for keys.
type Config struct {
	// PublishableKey names the instance: its issuer, cookie suffix and Frontend API
	// follow from it. Without one only Bearer tokens and the plain __session cookie
	// are read, the issuer is checked only if Issuer is set, and expired sessions are
	// not renewed.
	PublishableKey string
	// SecretKey fetches the key set from the Backend API. It is sent nowhere else.
	SecretKey string
	// AcceptsToken lists the kinds of tokens that may authenticate a request; empty is
	// sessions only. A machine token in the Authorization header then authenticates the
	// request without signing anybody in, and passes guards that say [Accept].
	AcceptsToken []wire.TokenType
	// MachineSecretKey verifies machine to machine tokens ("mt_…"); "" is SecretKey. Those
	// that are JWTs take SecretKey or JWTKey, and are refused without.
	MachineSecretKey string
	// JWTKey is the instance's public key in PEM form. With it no network is used to
	// verify, and keys are not rotated by themselves. Literal "\n" sequences, as
	// environment files hold them, are understood.
	JWTKey string
	// APIURL is where the Backend API is, with a path in front of /v1 if it has one; "" is https://api.clerk.com. http is accepted for
	// loopback addresses only, unless Transport is set.
	APIURL string
	// ProxyURL is where the Frontend API is served on the app's own origin, such as
	// "/__clerk", or "/" for all of it; an absolute address may be anywhere. "" sends
	// browsers to the instance's own host.
	ProxyURL string
	// PublicOrigin is what people type, such as "https://app.example.com". Redirects
	// and return addresses are built from it, never from a Host header. "" uses the
	// entry of AuthorizedParties on the request's host; without either, sessions are
	// not renewed by redirect.
	PublicOrigin string
	// Issuer is accepted in the iss claim besides the one PublishableKey implies.
	Issuer string
	// Issuers lists more values that are accepted, such as that of an instance before it moved.
	Issuers []string
	// AuthorizedParties lists the origins whose tokens are accepted (claim azp). Empty
	// accepts any origin, and is logged as a warning for production keys: a token
	// leaked by another app of the instance would pass here.
	AuthorizedParties []string
	// Audience lists accepted values of the aud claim; empty does not check it. With
	// it, a token without aud is refused, unlike in the reference. Machine to machine
	// tokens that are JWTs name there the machines they are meant for; API keys and opaque
	// machine to machine tokens have no aud, and are not asked for it.
	Audience []string
	// ClockSkew is tolerated in exp, nbf and iat; 0 is 5 s, and [NoClockSkew]
	// is none.
	ClockSkew time.Duration
	// MaxTokenBytes bounds a token before it is decoded; 0 is 8192.
	MaxTokenBytes int
	// TokenCacheBytes bounds the memory of verified tokens, which lets a request whose token
	// was seen before skip the signature; 0 is 64 MiB, enough for some 40,000 sessions. With
	// more sessions than fit, the others are verified each time. Memory is taken as it is
	// needed, and nothing is believed longer than the token lasts.
	TokenCacheBytes int
	// SignInURL and SignUpURL lead to the pages, relative or absolute; "" is
	// "/sign-in" and "/sign-up". A satellite has no such pages: there "" is the instance's
	// account portal, and for SignUpURL, if SignInURL is set, "create" below that.
	SignInURL, SignUpURL string
	// SignOutURL, ProfileURL and OrganizationsURL are the pages of the components of package
	// views: SignOutURL a path that takes a form, the others relative or absolute. "" is
	// "/sign-out", "/user" and "/organizations"; without ProxyURL, people manage their accounts
	// on the account portal of a hosted instance, and "" is there for the last two.
	// Requests for the sign-in, sign-up and sign-out pages and below ProxyURL are never
	// redirected to renew a session.
	SignOutURL, ProfileURL, OrganizationsURL string
	// IsSatellite says that this app is on another domain than the one people sign in on:
	// its session is synchronised from there (protocol reference 4.4, D2). It needs Domain
	// or ProxyURL, and with development keys an absolute SignInURL.
	IsSatellite bool
	// Domain is this app's domain, such as "app.example.net", for satellites.
	Domain string
	// SatelliteAutoSync asks the primary domain on the first visit of every browser;
	// without it only on the way back from signing in.
	SatelliteAutoSync bool
	// OrganizationPatterns and PersonalAccountPatterns make the address decide which
	// organisation is active: "/orgs/:slug/(.*)", with :id or :slug, and "/me", compared with
	// the path as it was sent, percent-encoding included. A browser whose session has
	// another one active is sent to change it; what cannot be sent, such as an API request,
	// stays signed in with the one it has.
	OrganizationPatterns, PersonalAccountPatterns []string
	// AllowedRedirectOrigins, written like PublicOrigin, may be returned to besides it, among
	// them the satellites of a primary app; "https://*.example.com" stands for one label.
	AllowedRedirectOrigins []string
	// TrustedOrigins, written like PublicOrigin, are origins of other apps whose pages may
	// change something here with their visitors' cookies. Guards refuse such requests from
	// all other origins, another port or subdomain included, with 403. To be an authorized
	// party or an allowed redirect is not enough: neither says that an origin's pages may
	// act for people. Requests with a token in the Authorization header need no entry, and
	// neither do GET, HEAD, OPTIONS and TRACE, which must not change anything.
	TrustedOrigins []string
	// Development tells developers how each request was decided: in Server-Timing and
	// X-Clerk-Auth-Status and -Reason on every response, to [Explain], and to components
	// that show it. Strangers would learn from it why they were refused, so leave it off
	// where they could see it. No kind of key turns it on by itself.
	Development bool
	// Deny answers requests that a guard turns away, in the app's own look. Whatever it
	// leaves without an answer, and everything when it is nil, gets the default answer of
	// its [Kind]; header fields that it sets are kept. It is called concurrently.
	Deny func(http.ResponseWriter, *http.Request, Denied)
	// Transport carries Backend API requests; nil is [http.DefaultTransport].
	Transport http.RoundTripper
	// Logger gets the record of each request and refused tokens at Debug, and unreachable
	// upstreams at Warn; nil is silent.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// LogValue keeps the secret key out of logs.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("publishable_key", c.PublishableKey),
		slog.String("public_origin", c.PublicOrigin),
		slog.Bool("secret_key_set", c.SecretKey != ""),
	)
}

// String keeps the secret key out of fmt's output.
func (c Config) String() string { return "authctx.Config{" + c.PublishableKey + "}" }

// GoString keeps the secret key out of %#v.
func (c Config) GoString() string { return c.String() }

// New checks cfg and returns its [Authenticator]. The error joins every mistake found,
// each saying what to do, and never contains a key. No network is used.
func New(cfg Config) (*Authenticator, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("authctx: "+format, args...)) }

	inst, err := newInstance(cfg)
	if err != nil {
		errs = append(errs, err)
	}
	if cfg.SecretKey == "" && cfg.JWTKey == "" && !onlyM2M(cfg) {
		fail("SecretKey and JWTKey are both empty: set one of them so that tokens can be verified")
	}
	if strings.HasPrefix(cfg.SecretKey, "pk_") {
		fail("SecretKey holds a publishable key (pk_…): set the key that begins with sk_")
	}
	if cfg.SecretKey != "" && !secretPrefix.MatchString(cfg.SecretKey) && !strings.HasPrefix(cfg.SecretKey, "pk_") {
		fail("SecretKey does not begin with sk_live_ or sk_test_: copy the whole key; Reveal returns it where it is kept in a type that hides it")
	}
	if strings.ContainsAny(cfg.SecretKey, " \t\r\n") {
		fail("SecretKey contains white space: copy it again without line breaks")
	}
	if cfg.ClockSkew < 0 && cfg.ClockSkew != NoClockSkew {
		fail("ClockSkew is negative: use a positive duration, 0 for the default, or NoClockSkew")
	}
	if cfg.MaxTokenBytes < 0 {
		fail("MaxTokenBytes is negative: use a positive number, or 0 for %d", token.MaxBytes)
	}
	if cfg.TokenCacheBytes < 0 {
		fail("TokenCacheBytes is negative: use a positive number, or 0 for %d", defaultCacheBytes)
	}
	keys, err := newKeySource(cfg)
	if err := errors.Join(append(errs, checkMachines(cfg), checkAPIURL(cfg), err)...); err != nil {
		return nil, err
	}
	return newAuthenticator(cfg, inst, keys), nil
}

// secretPrefix is how secret keys begin, today and before (protocol reference 1.2).
var secretPrefix = regexp.MustCompile(`^(sk_)?(live|test)_`)

// checkOrigins reports each entry that is not an origin.
func checkOrigins(field string, origins ...string) error {
	var errs []error
	for _, o := range origins {
		got, ok := web.Origin(o)
		if !ok {
			got = "https://app.example.com"
		}
		if got != o {
			errs = append(errs, fmt.Errorf("authctx: %s: %q is not an origin: write scheme and host in lower case, without path or final slash, like %s", field, o, got))
		}
	}
	return errors.Join(errs...)
}

// checkAPIURL refuses to send a secret key in clear text to another machine.
func checkAPIURL(cfg Config) error {
	if cfg.APIURL == "" || cfg.SecretKey == "" && cfg.MachineSecretKey == "" {
		return nil
	}
	if _, err := web.BaseURL(cfg.APIURL, cfg.Transport != nil); err != nil {
		return fmt.Errorf("authctx: APIURL %q %w: use https and write it like %s", cfg.APIURL, err, defaultAPIURL)
	}
	return nil
}

// instance holds what follows from the configuration and never changes.
type instance struct {
	key            wire.PublishableKey
	suffix         string
	issuers        []string
	proxyURL       string
	proxyHost      string // without port, "" for a path
	publicOrigin   string
	parties        []string
	audience       []string
	returnOrigins  []string
	trusted        []string // origins whose pages may act for people
	signIn, signUp string

	signOut, profile, organizationsPage string

	skew          time.Duration
	maxTokenBytes int
	satellite     bool
	domain        string
	autoSync      bool
	organizations organizationSync
	refreshable   bool // a secret key is there to refresh with
	ordinary      bool // cookies are enough to tell who somebody is
}

func newInstance(cfg Config) (*instance, error) {
	in := &instance{
		proxyURL: cfg.ProxyURL, publicOrigin: cfg.PublicOrigin,
		parties: cfg.AuthorizedParties, audience: cfg.Audience, returnOrigins: cfg.AllowedRedirectOrigins, trusted: cfg.TrustedOrigins,
		signIn: cfg.SignInURL, signUp: cfg.SignUpURL, signOut: cfg.SignOutURL, profile: cfg.ProfileURL, organizationsPage: cfg.OrganizationsURL,
		skew: cfg.ClockSkew, maxTokenBytes: cfg.MaxTokenBytes,
		satellite: cfg.IsSatellite, domain: cfg.Domain, autoSync: cfg.SatelliteAutoSync, refreshable: cfg.SecretKey != "",
	}
	if in.proxyURL != "/" { // which is the whole of the app's origin
		in.proxyURL = strings.TrimSuffix(in.proxyURL, "/")
	}
	if u, err := url.Parse(in.proxyURL); err == nil {
		in.proxyHost = u.Hostname()
	}
	var errs []error
	var err error
	if in.organizations, err = newOrganizationSync(cfg.OrganizationPatterns, cfg.PersonalAccountPatterns); err != nil {
		errs = append(errs, err)
	}
	if cfg.PublishableKey != "" {
		key, err := wire.ParsePublishableKey(cfg.PublishableKey)
		if err != nil {
			errs = append(errs, fmt.Errorf("authctx: PublishableKey: %w", err))
		} else {
			in.setKey(key)
		}
	}
	if cfg.Issuer != "" {
		in.issuers = append(in.issuers, cfg.Issuer)
	}
	in.issuers = append(in.issuers, cfg.Issuers...)
	if slices.Contains(cfg.Issuers, "") {
		errs = append(errs, errors.New("authctx: Issuers has an empty entry: remove it, or write an issuer like https://clerk.example.com"))
	}
	if cfg.PublicOrigin != "" {
		errs = append(errs, checkOrigins("PublicOrigin", cfg.PublicOrigin))
	}
	errs = append(errs, checkOrigins("AuthorizedParties", cfg.AuthorizedParties...),
		checkOrigins("AllowedRedirectOrigins", cfg.AllowedRedirectOrigins...), checkOrigins("TrustedOrigins", cfg.TrustedOrigins...), checkProxy(in.proxyURL), in.checkSatellite(),
		checkPage("SignInURL", cfg.SignInURL), checkPage("SignUpURL", cfg.SignUpURL),
		checkPage("ProfileURL", cfg.ProfileURL), checkPage("OrganizationsURL", cfg.OrganizationsURL), checkFormPage("SignOutURL", cfg.SignOutURL))
	in.setDefaults()
	in.ordinary = in.organizations.none() && tokenTypes(cfg.AcceptsToken).sessionsOnly()
	return in, errors.Join(errs...)
}

func (in *instance) setKey(key wire.PublishableKey) {
	in.key, in.suffix = key, key.Suffix()
	in.issuers = append(in.issuers, key.Issuer())
	if host := in.frontendHost(); host != key.Host() {
		in.issuers = append(in.issuers, "https://"+host)
	}
	if strings.HasPrefix(in.proxyURL, "http") { // a proxied hosted instance issues in the proxy's name
		in.issuers = append(in.issuers, in.proxyURL)
	}
}

func (in *instance) setDefaults() {
	if in.satellite && !in.key.IsZero() {
		in.setPrimaryPages()
	}
	if in.signIn == "" {
		in.signIn = "/sign-in"
	}
	if in.signUp == "" {
		in.signUp = "/sign-up"
	}
	in.setAccountPages()
	if in.maxTokenBytes == 0 {
		in.maxTokenBytes = token.MaxBytes
	}
	switch {
	case in.skew == 0:
		in.skew = defaultClockSkew
	case in.skew < 0:
		in.skew = 0
	}
}

// checkPage refuses an address that would mean something else on each page it is linked from.
func checkPage(field, page string) error {
	if isAddress(page) {
		return nil
	}
	return fmt.Errorf("authctx: %s %q is neither a path nor an http(s) address: write it like /sign-in", field, page)
}

// checkFormPage refuses what is no page of this app: a form is sent nowhere else.
func checkFormPage(field, page string) error {
	if page == "" || isAddress(page) && strings.HasPrefix(page, "/") {
		return nil
	}
	return fmt.Errorf("authctx: %s %q is no path of this app: write it like /sign-out", field, page)
}

// setAccountPages fills in where people manage their accounts.
func (in *instance) setAccountPages() {
	profile, organizations := "/user", "/organizations"
	if host := in.key.Host(); in.proxyURL == "" && !in.key.IsZero() && !strings.HasSuffix(host, ".localhost") {
		portal := "https://" + accountsHost(host)
		profile, organizations = portal+"/user", portal+"/organization"
	}
	in.signOut = cmp.Or(in.signOut, "/sign-out")
	in.profile = cmp.Or(in.profile, profile)
	in.organizationsPage = cmp.Or(in.organizationsPage, organizations)
}

// isAddress reports a path of this app's, an http(s) address, or nothing.
func isAddress(s string) bool {
	_, ok := web.Origin(s)
	return ok || s == "" || strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
}

func checkProxy(proxy string) error {
	if strings.ContainsAny(proxy, "?# \t\r\n\\") {
		return fmt.Errorf("authctx: ProxyURL %q holds more than an address: write it like %s, without query, fragment and spaces", proxy, wire.ProxyPath)
	}
	if isAddress(proxy) {
		return nil
	}
	return fmt.Errorf("authctx: ProxyURL %q is neither a path like %s nor an http(s) address", proxy, wire.ProxyPath)
}
