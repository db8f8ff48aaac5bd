package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/userclient"
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
	// handlers are mounted; "" is "/sign-in", "/sign-up", "/sign-out", "/user" and
	// "/organizations". The forms of package views post to the last three under these
	// names, so another one takes forms of the app's own.
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
	// Users is the Backend API; needed with NoProxy. Without NoProxy, Profile shows
	// recent activity with it, where the instance has an audit log; nil does not.
	Users *userclient.Client
	// Layout puts a body into the app's page, with title as its heading too; nil is a
	// bare document.
	Layout func(title string, body templ.Component) templ.Component
	// Transport carries Frontend API requests; nil is [http.DefaultTransport].
	Transport http.RoundTripper
	// Logger gets unreachable upstreams at Warn; nil is silent.
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
	secure   bool
	suffix   string
	target   *url.URL // Frontend API
	csrf     *http.CrossOriginProtection
	fapi     *fapi.Client // nil with NoProxy
	frontend http.Handler
	log      *slog.Logger
	noAudit  atomic.Bool // the instance has no audit log
}

// Format implements [fmt.Formatter], so that no verb walks into the secret key.
func (h *Handlers) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "handlers.Handlers{"+h.cfg.PublishableKey+"}")
}

// New checks cfg and returns its handlers; the error joins every mistake.
func New(cfg Config) (*Handlers, error) {
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
		errs = append(errs, fmt.Errorf("handlers: PublicOrigin %q is not an origin like https://app.example.com", cfg.PublicOrigin))
	}
	for _, allowed := range cfg.AllowedRedirectOrigins {
		if origin, ok := web.Origin(allowed); !ok || origin != allowed {
			errs = append(errs, fmt.Errorf("handlers: AllowedRedirectOrigins: %q is not an origin like https://app.example.com", allowed))
		}
	}
	target, err := url.Parse(cfg.FrontendAPIURL)
	if !keyless && (err != nil || target.Scheme != "https" || target.Host == "") {
		errs = append(errs, fmt.Errorf("handlers: FrontendAPIURL %q must be an https address: the secret key travels to it", cfg.FrontendAPIURL))
	}
	if strings.HasPrefix(cfg.SecretKey, "pk_") || cfg.SecretKey == "" {
		errs = append(errs, errors.New("handlers: SecretKey must be set to the key that begins with sk_"))
	}
	if !strings.HasPrefix(cfg.ProxyPath, "/") || strings.HasSuffix(cfg.ProxyPath, "/") {
		errs = append(errs, fmt.Errorf("handlers: ProxyPath %q must be a path like %s", cfg.ProxyPath, wire.ProxyPath))
	}
	if cfg.NoProxy && cfg.Users == nil {
		errs = append(errs, errors.New("handlers: NoProxy needs Users, to revoke sessions on sign-out"))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return newHandlers(cfg, key, target)
}

func newHandlers(cfg Config, key wire.PublishableKey, target *url.URL) (*Handlers, error) {
	h := &Handlers{
		cfg: cfg, secure: strings.HasPrefix(cfg.PublicOrigin, "https:"), suffix: key.Suffix(),
		target: target, csrf: http.NewCrossOriginProtection(), log: cfg.Logger,
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
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
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
