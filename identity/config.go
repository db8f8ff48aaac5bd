package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/web"
)

// Defaults of [Config].
const (
	defaultTokenLifetime   = 60 * time.Second
	defaultSessionLifetime = 7 * 24 * time.Hour
	defaultPurgeInterval   = 10 * time.Minute
	defaultAuditRetention  = 400 * 24 * time.Hour // a year, and time to look back on it
	defaultPasswordLength  = 8
)

const (
	maxTokenLifetime  = time.Hour
	minPasswordLength = 8
	maxPasswordLength = 256                   // code points after normalization; above it nothing is hashed
	maxPasswordBytes  = 8 * maxPasswordLength // as sent; above it nothing is normalized either
	hashQueuePerSlot  = 64                    // about three seconds of waiting at 50 ms a hash
	hashBytes         = 19 << 20              // of one hash
	defaultHashMemory = 256 << 20
)

// Config describes an instance. Store and PublicOrigin are required; the zero value of
// everything else is usable. It is copied by [New].
type Config struct {
	// Store keeps the records. Close it after the Service.
	Store Store

	// PublicOrigin is the origin people type: "https://app.example.com". It decides
	// whether cookies are Secure, which origin may post, and the azp claim of tokens
	// that no browser origin asked for.
	PublicOrigin string

	// AllowedOrigins are further origins that may call the Frontend API, be a
	// handshake's redirect target, and read answers across origins with credentials.
	AllowedOrigins []string

	// ApplicationName is shown by browser clients and refused as a password.
	ApplicationName string

	// SignInURL and SignUpURL are the app's pages; "" means /sign-in and /sign-up.
	SignInURL, SignUpURL string

	// TokenLifetime is how long a session token is valid; 0 means 60 s, at most 1 h.
	// A revoked session can be used until its last token ends.
	TokenLifetime time.Duration

	// SessionLifetime ends a session that long after sign-in, used or not; 0 means
	// 7 days. IdleLifetime ends a session that nobody used for so long; 0 means the
	// SessionLifetime. Both are judged from stored times, so restarts change nothing.
	SessionLifetime, IdleLifetime time.Duration

	// MultiSession lets a browser hold sessions of several people at once, as Clerk's
	// instances do when single_session_mode is off. False: who is signed in signs out
	// before somebody else signs in.
	MultiSession bool

	// SendMail delivers mail: codes, and notices about an account. nil means that there
	// is no mail, and so no codes: asking for one is refused. It is called in the
	// background, by several goroutines, up to three times for a mail until it returns
	// nil; ctx ends after 30 seconds, or when Close gives up. Close sends what waits, for at
	// most 20 seconds. SendMail must not log what it sends.
	SendMail func(ctx context.Context, m Mail) error

	// VerifyEmailAtSignUp makes new people prove their address with a code before they
	// have an account. It needs SendMail.
	VerifyEmailAtSignUp bool

	// HideAccounts answers a sign-up with a taken address like any other and tells the
	// address's owner by mail, so that nobody finds out who has an account. It needs
	// VerifyEmailAtSignUp. Without it a taken address is refused with
	// form_identifier_exists, as Clerk's instances do by default.
	HideAccounts bool

	// InsecureNoReverification lets a session of any age add, remove and choose e-mail
	// addresses, set a password where there is none, and delete the account. By default
	// that needs a factor verified within the last 10 minutes; else it is answered
	// session_reverification_required, upon which browser clients ask for one.
	InsecureNoReverification bool

	// InsecureImpersonation lets people who act as somebody else, with an actor token,
	// change everything that the person could: memberships, roles, sessions, credentials
	// and ownership. By default that is refused with 403. The audit log names both either
	// way.
	InsecureImpersonation bool

	// MinPasswordLength is in code points; 0 means 8, which is also the least. NIST
	// SP 800-63B-4 asks for 15 where the password is the only factor.
	MinPasswordLength int

	// ContextWords are refused as passwords, also with digits after them: the names
	// of the service and its owner, for example. ApplicationName is always one.
	ContextWords []string

	// HashConcurrency is the number of passwords that are hashed at once; 0 means
	// the number of CPUs (GOMAXPROCS). For each of them 64 requests may wait, for at
	// most 10 seconds; others are answered 503 with Retry-After. Requests do not
	// wait in the order of arrival: browsers in which somebody signed in before
	// come first, then networks that had the fewest passwords hashed in the last
	// minutes without signing in.
	HashConcurrency int

	// HashMemory bounds the bytes that hashing takes at once, and so
	// HashConcurrency: one hash takes 19 MiB. 0 means 256 MiB; one password is
	// hashed at a time if there is no room for two. Hashes of other systems that need
	// more than 19 MiB are verified one at a time, beside those counted here.
	HashMemory int64

	// CollectAfterHash runs the garbage collector after each hash, so that its 19 MiB are
	// free before the next one takes as much again, and gives them back to the system once
	// there was no hash for five seconds. It halves the peak of a program with a small heap,
	// for a millisecond or so a hash; with a large heap it is a waste.
	CollectAfterHash bool

	// Limits bounds how often one network may try.
	Limits Limits

	// PurgeInterval is how often expired sessions and attempts, clients left without
	// any, images that nobody shows and old audit events are deleted; 0 means 10
	// minutes, negative never.
	PurgeInterval time.Duration

	// AuditRetention is how long the audit log remembers; 0 means 400 days, negative
	// for ever. Deleting a user takes addresses and devices out of its events at once.
	AuditRetention time.Duration

	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil means time.Now
}

// Limits are counts that are kept in memory by each node. 0 means the default, negative no
// limit. The first two are per 10 seconds and network: one IPv4 address or one IPv6 /64.
// Requests that show a right password, code or ticket do not count, so that many people
// can sign in behind one address, except for more than 20 of one account in 10 seconds. The
// others are of the Backend API as other processes reach it (protocol reference 7.1); what
// comes through [Service.Transport] is not counted, so that nobody can stop the app by
// making it ask.
type Limits struct {
	Creations   int // sign-ins and sign-ups begun and, counted apart, codes asked for, addresses added, people invited or added and pictures uploaded; default 5
	Attempts    int // secrets tried in a sign-in or sign-up already begun, or to change an account; default 3
	Backend     int // requests in 10 seconds, but for the key set; default 1000
	Updates     int // of one user, organization or membership in 10 seconds; default 10
	Invitations int // requests to invite in an hour, bulk ones a quarter of that; default 100
	// Unfinished is how many unfinished sign-ins, unfinished sign-ups and unused codes the
	// store keeps, and how many clients that none of them belongs to and in which nobody is
	// signed in, each counted apart. The oldest are dropped first. Default 10,000.
	Unfinished int
}

// check returns every mistake in the configuration.
func (cfg *Config) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("identity: "+format, args...)) }
	if cfg.Store == nil {
		fail("Store is missing")
	}
	if err := checkOrigin(cfg.PublicOrigin); err != nil {
		fail("PublicOrigin: %w", err)
	}
	for _, o := range cfg.AllowedOrigins {
		if err := checkOrigin(o); err != nil {
			fail("AllowedOrigins: %w", err)
		}
	}
	if cfg.TokenLifetime < 0 || cfg.TokenLifetime > maxTokenLifetime || cfg.TokenLifetime%time.Second != 0 {
		fail("TokenLifetime is %v, want whole seconds up to %v", cfg.TokenLifetime, maxTokenLifetime)
	}
	if cfg.SessionLifetime < 0 || cfg.IdleLifetime < 0 {
		fail("SessionLifetime and IdleLifetime must not be negative")
	}
	if n := cfg.MinPasswordLength; n != 0 && (n < minPasswordLength || n > maxPasswordLength) {
		fail("MinPasswordLength is %d, want %d to %d", n, minPasswordLength, maxPasswordLength)
	}
	if cfg.VerifyEmailAtSignUp && cfg.SendMail == nil {
		fail("VerifyEmailAtSignUp needs SendMail: without mail nobody could sign up")
	}
	if cfg.HideAccounts && !cfg.VerifyEmailAtSignUp {
		fail("HideAccounts needs VerifyEmailAtSignUp: an account made at once tells that there was none")
	}
	if cfg.HashConcurrency < 0 {
		fail("HashConcurrency is %d, want 0 or more", cfg.HashConcurrency)
	}
	if cfg.HashMemory < 0 {
		fail("HashMemory is %d bytes, want 0 or more", cfg.HashMemory)
	}
	return errors.Join(errs...)
}

// withDefaults fills in zero values.
func (cfg Config) withDefaults() Config {
	cfg.TokenLifetime = orDefault(cfg.TokenLifetime, defaultTokenLifetime)
	cfg.SessionLifetime = orDefault(cfg.SessionLifetime, defaultSessionLifetime)
	cfg.IdleLifetime = orDefault(cfg.IdleLifetime, cfg.SessionLifetime)
	cfg.PurgeInterval = orDefault(cfg.PurgeInterval, defaultPurgeInterval)
	cfg.AuditRetention = orDefault(cfg.AuditRetention, defaultAuditRetention)
	cfg.MinPasswordLength = orDefault(cfg.MinPasswordLength, defaultPasswordLength)
	cfg.HashMemory = orDefault(cfg.HashMemory, defaultHashMemory)
	cfg.HashConcurrency = orDefault(cfg.HashConcurrency, runtime.GOMAXPROCS(0))
	cfg.HashConcurrency = max(min(cfg.HashConcurrency, int(cfg.HashMemory/hashBytes)), 1)
	cfg.Limits.Creations = orDefault(cfg.Limits.Creations, 5)
	cfg.Limits.Attempts = orDefault(cfg.Limits.Attempts, 3)
	cfg.Limits.Backend = orDefault(cfg.Limits.Backend, 1000)
	cfg.Limits.Updates = orDefault(cfg.Limits.Updates, 10)
	cfg.Limits.Invitations = orDefault(cfg.Limits.Invitations, 100)
	cfg.Limits.Unfinished = orDefault(cfg.Limits.Unfinished, 10_000)
	cfg.SignInURL = orDefault(cfg.SignInURL, "/sign-in")
	cfg.SignUpURL = orDefault(cfg.SignUpURL, "/sign-up")
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default clock
	}
	cfg.Logger = web.SampledLogger(cfg.Logger, cfg.Now)
	return cfg
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// checkOrigin accepts an origin exactly as browsers send it.
func checkOrigin(s string) error {
	if s == "" {
		return errors.New("is missing; want an origin such as https://app.example.com")
	}
	u, err := url.Parse(s)
	o, ok := web.Origin(s)
	if err != nil || !ok || u.Hostname() == "" || strings.Contains(s, "*") {
		return fmt.Errorf("%q is not an http or https origin", s)
	}
	if o != s {
		return fmt.Errorf("%q must be spelled %q", s, o)
	}
	return nil
}

// loopback reports an origin that only this machine reaches.
func loopback(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost") || err == nil && addr.IsLoopback()
}
