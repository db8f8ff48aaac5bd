package fapi

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/web"
)

const (
	defaultTimeout = 10 * time.Second // a password hash may have to queue
	maxBody        = 8 << 20          // some hundred memberships are 1 MiB, and operators set no end to them
)

// Config says which Frontend API to speak to and in whose name. All of BaseURL,
// ProxyURL, SecretKey and PublicOrigin are required.
type Config struct {
	// BaseURL is where the Frontend API is: https://<host of the publishable key>, or another
	// address, with a path in front of /v1 if it has one.
	BaseURL string
	// ProxyURL is where browsers reach it on the app's origin: scheme, host and path.
	ProxyURL string
	// SecretKey proves to the API that the forwarded address can be believed.
	SecretKey string
	// PublicOrigin is the app's origin, sent as Origin.
	PublicOrigin string
	// Transport carries the requests; nil is [http.DefaultTransport].
	Transport http.RoundTripper
	// Timeout bounds one call; 0 is 10 s.
	Timeout time.Duration
	// Now reads the clock, for Retry-After dates; nil is time.Now.
	Now func() time.Time
}

// LogValue keeps the secret key out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String keeps the secret key out of fmt's output.
func (c Config) String() string { return "fapi.Config{" + c.BaseURL + "}" }

// GoString keeps the secret key out of %#v.
func (c Config) GoString() string { return c.String() }

// Client speaks one instance's Frontend API. It is safe for concurrent use.
type Client struct {
	base, proxyURL, secretKey string
	origin                    *url.URL
	http                      *http.Client
	now                       func() time.Time
}

// Format implements [fmt.Formatter], so that no verb walks into the secret key.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "fapi.Client{"+c.base+"}") }

// New checks cfg and returns its client; the error joins every mistake.
func New(cfg Config) (*Client, error) {
	origin, originErr := absolute("PublicOrigin", cfg.PublicOrigin)
	base, baseErr := web.BaseURL(cfg.BaseURL, cfg.Transport != nil)
	if baseErr != nil {
		baseErr = fmt.Errorf("fapi: BaseURL %w", baseErr)
	}
	_, proxyErr := absolute("ProxyURL", cfg.ProxyURL)
	err := errors.Join(originErr, baseErr, proxyErr)
	if cfg.SecretKey == "" {
		err = errors.Join(err, errors.New("fapi: SecretKey is empty"))
	}
	if err != nil {
		return nil, err
	}
	cfg.BaseURL = base
	return newClient(cfg, origin), nil
}

func newClient(cfg Config, origin *url.URL) *Client {
	c := &Client{
		base: cfg.BaseURL, proxyURL: strings.TrimRight(cfg.ProxyURL, "/"),
		secretKey: cfg.SecretKey, origin: origin, now: cfg.Now,
		http: &http.Client{
			Transport: cfg.Transport,
			Timeout:   cfg.Timeout,
			// A redirect would carry the secret key and a password somewhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if c.http.Timeout <= 0 {
		c.http.Timeout = defaultTimeout
	}
	if c.now == nil {
		c.now = time.Now //nolint:forbidigo // the default clock
	}
	return c
}

func absolute(field, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("fapi: %s %q is not an http or https address", field, raw)
	}
	return u, nil
}
