package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// Config says where the instance is and how pages look. PublishableKey, SecretKey and
// PublicOrigin are required; give the values that [authctx.New] got.
type Config struct {
	// PublishableKey names the instance, and with it the Frontend API's host and the
	// cookies' suffix.
	PublishableKey string
	// SecretKey tells the Frontend API that the browser's address comes from this app
	// (protocol reference 8.11). It is sent to FrontendAPIURL only.
	SecretKey string
	// PublicOrigin is what people type, such as "https://app.example.com".
	PublicOrigin string
	// ProxyPath is where FrontendAPI is mounted; "" is [wire.ProxyPath].
	ProxyPath string
	// FrontendAPIURL is where the Frontend API is; "" is https and the host in
	// PublishableKey.
	FrontendAPIURL string
	// NoProxy says that browsers use the instance's own host and pages. SignOut then
	// revokes the session through Users; the other forms are not available.
	NoProxy bool
	// SignInURL, SignUpURL, SignOutURL, ProfileURL and OrganizationsURL are where the
	// handlers are mounted, as browsers ask for them; "" is "/sign-in", "/sign-up",
	// "/sign-out", "/user" and "/organizations". The pages of the handlers link and post
	// there. Give other ones to [authctx.Config] too, for components on the app's own pages.
	SignInURL, SignUpURL, SignOutURL, ProfileURL, OrganizationsURL string
	// AfterSignIn and AfterSignOut are led to when the request names no better place;
	// "" is "/".
	AfterSignIn, AfterSignOut string
	// EmailCodes says that the instance sends codes by mail. Sign-in then offers one to
	// whoever has no password or forgot it. Sign-up asks for a code whenever the instance
	// wants one.
	EmailCodes bool
	// AllowedRedirectOrigins may be returned to besides the app's own origin.
	AllowedRedirectOrigins []string
	// TrustedProxies are the networks of the reverse proxies in front of the app, such as
	// 10.0.0.5/32. The client's address, which rate limits and activity records need, is
	// then the last X-Forwarded-For entry that is none of them; the field has no effect on
	// requests from other peers. A peer on a Unix socket counts as a trusted proxy when any
	// is named. Empty: the client is the peer of the connection, or the address that chi's
	// ClientIPFrom middleware has put into the context. A network of everybody is refused.
	TrustedProxies []netip.Prefix
	// ClientAddress returns the client's address for proxies that send it in another way,
	// such as in a header field that they always overwrite; nil is the rule of
	// TrustedProxies, and setting both is an error. For the zero Addr the address of the
	// connection is used. It must be safe for concurrent use.
	ClientAddress func(*http.Request) netip.Addr
	// Users is the Backend API; needed with NoProxy. Without NoProxy, Profile shows
	// recent activity with it, where the instance has an audit log; nil does not.
	Users *userclient.Client
	// Layout puts a body into the app's page, with title as its heading too; nil is a
	// bare document.
	Layout func(title string, body templ.Component) templ.Component
	// Transport carries Frontend API requests; nil is [http.DefaultTransport].
	Transport http.RoundTripper
	// Logger gets unreachable upstreams and client addresses that cannot be read at Warn;
	// nil is silent.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// LogValue keeps the secret key out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String keeps the secret key out of fmt's output.
func (c Config) String() string { return "handlers.Config{" + c.PublishableKey + "}" }

// GoString keeps the secret key out of %#v.
func (c Config) GoString() string { return c.String() }

// Handlers are the pages of one instance. They are safe for concurrent use.
type Handlers struct {
	cfg      Config
	given    views.Addresses // of cfg, without the defaults
	secure   bool
	suffix   string
	target   *url.URL // Frontend API
	csrf     *http.CrossOriginProtection
	fapi     *fapi.Client // nil with NoProxy
	clients  *web.Clients
	frontend http.Handler
	log      *slog.Logger
	now      func() time.Time
	noAudit  atomic.Bool // the instance has no audit log
	sent     submissions
	loopSaid atomic.Int64 // when a redirect loop was logged, in unix seconds
}

// Format implements [fmt.Formatter], so that no verb walks into the secret key.
func (h *Handlers) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "handlers.Handlers{"+h.cfg.PublishableKey+"}")
}

// New checks cfg and returns its handlers; the error joins every mistake.
func New(cfg Config) (*Handlers, error) {
	given := views.Addresses{
		SignInURL: cfg.SignInURL, SignUpURL: cfg.SignUpURL, SignOutURL: cfg.SignOutURL,
		ProfileURL: cfg.ProfileURL, OrganizationsURL: cfg.OrganizationsURL,
	}
	cfg = cfg.withDefaults()
	var errs []error
	key, err := wire.ParsePublishableKey(cfg.PublishableKey)
	if err != nil {
		errs = append(errs, fmt.Errorf("handlers: PublishableKey: %w", err))
	}
	keyless := cfg.FrontendAPIURL == "" && key.IsZero() // the mistake in the key has been said
	if cfg.FrontendAPIURL == "" {
		cfg.FrontendAPIURL = key.Issuer()
	}
	if origin, ok := web.Origin(cfg.PublicOrigin); !ok || origin != cfg.PublicOrigin {
		errs = append(errs, fmt.Errorf("handlers: PublicOrigin %q is not an origin like %s", cfg.PublicOrigin, cmp.Or(origin, "https://app.example.com")))
	}
	for _, allowed := range cfg.AllowedRedirectOrigins {
		if origin, ok := web.Origin(allowed); !ok || origin != allowed {
			errs = append(errs, fmt.Errorf("handlers: AllowedRedirectOrigins: %q is not an origin like %s", allowed, cmp.Or(origin, "https://app.example.com")))
		}
	}
	base, err := web.BaseURL(cfg.FrontendAPIURL, cfg.Transport != nil)
	if !keyless && err != nil {
		errs = append(errs, fmt.Errorf("handlers: FrontendAPIURL %q %w", cfg.FrontendAPIURL, err))
	}
	cfg.FrontendAPIURL = base
	target, err := url.Parse(base)
	if err != nil {
		errs = append(errs, fmt.Errorf("handlers: FrontendAPIURL: %w", err))
	}
	if strings.HasPrefix(cfg.SecretKey, "pk_") || cfg.SecretKey == "" {
		errs = append(errs, errors.New("handlers: SecretKey must be set to the key that begins with sk_"))
	}
	if !strings.HasPrefix(cfg.ProxyPath, "/") || strings.HasSuffix(cfg.ProxyPath, "/") {
		errs = append(errs, fmt.Errorf("handlers: ProxyPath %q must be a path like %s", cfg.ProxyPath, wire.ProxyPath))
	}
	for _, p := range cfg.TrustedProxies {
		if !web.TrustablePrefix(p) {
			errs = append(errs, fmt.Errorf("handlers: TrustedProxies has %v: name the networks of your proxies, with IPv4 addresses in their IPv4 form", p))
		}
	}
	if len(cfg.TrustedProxies) > 0 && cfg.ClientAddress != nil {
		errs = append(errs, errors.New("handlers: TrustedProxies and ClientAddress are both set: keep one of them"))
	}
	if cfg.NoProxy && cfg.Users == nil {
		errs = append(errs, errors.New("handlers: NoProxy needs Users, to revoke sessions on sign-out"))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return newHandlers(cfg, given, key, target)
}

func newHandlers(cfg Config, given views.Addresses, key wire.PublishableKey, target *url.URL) (*Handlers, error) {
	h := &Handlers{
		cfg: cfg, given: given, secure: strings.HasPrefix(cfg.PublicOrigin, "https:"), suffix: key.Suffix(),
		target: target, csrf: http.NewCrossOriginProtection(), log: cfg.Logger, now: cfg.Now,
		clients: web.NewClients(cfg.TrustedProxies, cfg.ClientAddress, cfg.Logger),
	}
	if h.now == nil {
		h.now = time.Now //nolint:forbidigo // the default clock
	}
	if err := h.csrf.AddTrustedOrigin(cfg.PublicOrigin); err != nil {
		return nil, fmt.Errorf("handlers: PublicOrigin: %w", err)
	}
	h.frontend = h.newProxy()
	if cfg.NoProxy {
		return h, nil
	}
	client, err := fapi.New(fapi.Config{
		BaseURL: cfg.FrontendAPIURL, ProxyURL: cfg.PublicOrigin + cfg.ProxyPath, SecretKey: cfg.SecretKey,
		PublicOrigin: cfg.PublicOrigin, Transport: cfg.Transport, Now: cfg.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("handlers: %w", err)
	}
	h.fapi = client
	return h, nil
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *string
		value string
	}{
		{&c.ProxyPath, wire.ProxyPath}, {&c.AfterSignIn, "/"}, {&c.AfterSignOut, "/"},
		{&c.SignInURL, "/sign-in"}, {&c.SignUpURL, "/sign-up"}, {&c.SignOutURL, "/sign-out"}, {&c.ProfileURL, "/user"},
		{&c.OrganizationsURL, "/organizations"},
	} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if c.Layout == nil {
		c.Layout = bareDocument
	}
	c.Logger = web.SampledLogger(c.Logger, c.Now)
	return c
}

// bareDocument is a page without any style.
func bareDocument(title string, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>`+
			templ.EscapeString(title)+`</title><meta name="viewport" content="width=device-width,initial-scale=1"></head><body><main><h1>`+templ.EscapeString(title)+`</h1>`)
		if err == nil {
			err = body.Render(ctx, w)
		}
		if err == nil {
			_, err = io.WriteString(w, `</main></body></html>`)
		}
		return err
	})
}
