package userclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/web"
)

// Defaults of [Config].
const (
	DefaultAPIURL  = "https://api.clerk.com"
	DefaultTimeout = 5 * time.Second
	DefaultMaxWait = 2 * time.Second
	DefaultMaxBody = 32 << 20
)

// Config says which instance to ask and with what patience. Only SecretKey has no
// default. Printing, logging or marshalling a Config never shows the secret key.
type Config struct {
	// SecretKey authorises every call: sk_live_… or sk_test_… (older instances:
	// live_…, test_…).
	SecretKey string
	// APIURL is the Backend API without the version: scheme, host and, behind a
	// gateway, a path. "" means DefaultAPIURL. It must be https, except on a loopback
	// address and when Transport is given.
	APIURL string
	// Timeout bounds a whole call: all attempts, the pauses between them, and reading
	// the answer. 0 means DefaultTimeout.
	Timeout time.Duration
	// MaxWait bounds one pause before a retry. An API that asks for a longer one, by
	// Retry-After, is not asked again: the call returns an [APIError] with that delay.
	// 0 means DefaultMaxWait.
	MaxWait time.Duration
	// MaxBody is the largest answer accepted, in bytes after decompression. 0 means
	// DefaultMaxBody. A page of 500 users, each with as much metadata as a user can
	// store, takes 13 MiB: a smaller limit lets anybody who may edit their own
	// metadata break [Users.List] for everybody.
	MaxBody int64
	// Transport carries the requests; nil means one made for this client, with
	// enough idle connections for a busy server. An embedded service puts its
	// in-memory transport here.
	Transport http.RoundTripper
	// Logger gets a Debug record for each retry. nil discards.
	Logger *slog.Logger
	// Now reads the clock, for Retry-After dates. nil means time.Now.
	Now func() time.Time
}

// New makes a client, or reports every mistake in cfg at once. No message contains
// any part of the secret key.
func New(cfg Config) (*Client, error) {
	base, urlErr := baseURL(cfg.APIURL, cfg.Transport != nil)
	err := errors.Join(checkSecretKey(cfg.SecretKey), urlErr,
		notNegative("Timeout", int64(cfg.Timeout)),
		notNegative("MaxWait", int64(cfg.MaxWait)),
		notNegative("MaxBody", cfg.MaxBody),
	)
	if err != nil {
		return nil, err
	}
	return newClient(newConn(cfg, base)), nil
}

// checkSecretKey names the mistakes people make with keys (protocol reference 1.2).
func checkSecretKey(key string) error {
	_, rest, isSecret := cutAnyPrefix(key, "sk_live_", "sk_test_", "live_", "test_")
	switch {
	case key == "":
		return errors.New("userclient: SecretKey is empty: copy the key that begins with sk_ from the instance's API keys")
	case strings.HasPrefix(key, "pk_"):
		return errors.New("userclient: SecretKey is a publishable key: it begins with pk_, a secret key begins with sk_live_ or sk_test_")
	case strings.ContainsFunc(key, notPrintable):
		return errors.New("userclient: SecretKey contains white space or characters outside ASCII: look for a line break or quotes around it")
	case !isSecret || rest == "":
		return errors.New("userclient: SecretKey must begin with sk_live_ or sk_test_ and go on after it")
	}
	return nil
}

func cutAnyPrefix(s string, prefixes ...string) (prefix, rest string, ok bool) {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return p, rest, true
		}
	}
	return "", s, false
}

// notPrintable reports what cannot stand in an Authorization field.
func notPrintable(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\'' }

func notNegative(field string, n int64) error {
	if n < 0 {
		return fmt.Errorf("userclient: %s is negative", field)
	}
	return nil
}

// baseURL checks the API's address and returns it with the version, no final slash.
func baseURL(raw string, ownTransport bool) (string, error) {
	if raw == "" {
		raw = DefaultAPIURL
	}
	base, err := web.BaseURL(raw, ownTransport)
	if err != nil {
		var errs []error
		for _, mistake := range strings.Split(err.Error(), "\n") {
			errs = append(errs, errors.New("userclient: APIURL "+mistake))
		}
		return "", errors.Join(errs...)
	}
	return base + "/v1", nil
}

const redacted = "[redacted]"

// shown is the part of a Config that may be seen.
func (c Config) shown() map[string]any {
	key := redacted
	if c.SecretKey == "" {
		key = ""
	}
	return map[string]any{
		"api_url": c.APIURL, "secret_key": key, "timeout": c.Timeout.String(),
		"max_wait": c.MaxWait.String(), "max_body": c.MaxBody,
	}
}

// Format implements [fmt.Formatter]: every verb prints the settings without the key.
func (c Config) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "userclient.Config%v", c.shown()) }

// LogValue implements [slog.LogValuer] without the key.
func (c Config) LogValue() slog.Value { return slog.AnyValue(c.shown()) }

// MarshalJSON implements [json.Marshaler] without the key.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.shown()) }
