package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/wire"
)

const (
	doctorTimeout = 5 * time.Second
	doctorMaxBody = 1 << 20
	maxSkew       = 5 * time.Second // what token verification tolerates
)

// patient is the instance under examination and how to reach its two APIs.
type patient struct {
	backend, frontend string // base addresses; "" is not reachable by design
	carrier           http.RoundTripper
	publishable       wire.PublishableKey
	secret, pem       string
	running           bool // another process serves it
	close             func() error
}

// patient finds the instance, nil when there is none yet. While a server runs, its keys
// are read where it left them and the instance is reached over the network; else the
// embedded service is opened and reached in memory.
func (d *checkup) patient(ctx context.Context) (*patient, error) {
	c := d.config
	if c.hosted() {
		p := &patient{
			backend: c.apiURL, frontend: "https://" + c.publishable.Host(), carrier: d.network,
			publishable: c.publishable, secret: c.secretKey, pem: c.jwtKey, close: func() error { return nil },
		}
		if p.backend == "" {
			p.backend = hostedBackend
		}
		return p, nil
	}
	if _, err := os.Stat(filepath.Join(c.dataDir, databaseFile)); err != nil {
		return nil, nil
	}
	origin := d.address()
	if origin == "" {
		origin = someOrigin
	}
	e, err := openEmbedded(ctx, c.dataDir, identity.Config{PublicOrigin: origin})
	if errors.Is(err, sqlitestore.ErrInUse) {
		return d.runningPatient(ctx)
	}
	if err != nil {
		if e, readErr := orReadOnly(ctx, nil, err, c.dataDir, identity.Config{PublicOrigin: origin, PurgeInterval: -1}); readErr == nil {
			d.bad("Data folder", "cannot be written: "+err.Error(), "A server needs to: see to permissions, mount options and free space. Commands that only read work.")
			return patientOf(e), nil
		}
	}
	if err != nil {
		return nil, err
	}
	return patientOf(e), nil
}

// patientOf is an embedded service that is reached in memory.
func patientOf(e *embedded) *patient {
	return &patient{
		backend: identity.BackendURL, frontend: "https://" + e.service.PublishableKey().Host(), carrier: e.service.Transport(),
		publishable: e.service.PublishableKey(), secret: e.service.SecretKey().Reveal(), pem: e.service.JWTKeyPEM(), close: e.close,
	}
}

// runningPatient is the instance that another process serves.
func (d *checkup) runningPatient(ctx context.Context) (*patient, error) {
	lines, err := readKeys(ctx, d.config, nil)
	if err != nil {
		return nil, err
	}
	values := parseKeyLines(lines)
	key, err := wire.ParsePublishableKey(values["CLERK_PUBLISHABLE_KEY"])
	if err != nil {
		return nil, fmt.Errorf("%s does not hold an instance's keys: start the server again, which writes them: %w", keysFile, err)
	}
	p := &patient{
		backend: values["CLERK_API_URL"], carrier: d.network, publishable: key,
		secret: values["CLERK_SECRET_KEY"], pem: values["CLERK_JWT_KEY"], running: true, close: func() error { return nil },
	}
	if origin := d.address(); origin != "" {
		p.frontend = origin + wire.ProxyPath
	}
	return p, nil
}

// instance examines both APIs, the clock and the keys.
func (d *checkup) instance(ctx context.Context, p *patient) {
	backend := d.askBackend(ctx, p)
	frontend := d.askFrontend(ctx, p)
	d.clock(backend, frontend)
	d.keys(p, backend, frontend)
	d.unfinished(ctx, p)
	suffix := p.publishable.Suffix()
	d.ok("Cookies", "%s_%s and %s_%s; their suffix follows from the publishable key", wire.CookieSession, suffix, wire.CookieClientUAT, suffix)
}

func (d *checkup) askBackend(ctx context.Context, p *patient) *fetched {
	const what = "Backend API"
	if p.backend == "" {
		d.note(what, "has no listener (-backend-addr off)", "")
		return nil
	}
	answer, err := d.fetch(ctx, p.carrier, strings.TrimSuffix(p.backend, "/")+"/v1/jwks", p.secret)
	switch {
	case err != nil:
		d.bad(what, err.Error(), "Check the network, DNS and proxies on the way, and CLERK_API_URL.")
	case answer.status == http.StatusUnauthorized, answer.status == http.StatusForbidden:
		d.bad(what, p.backend+" does not accept the secret key", "Copy CLERK_SECRET_KEY of this instance again from its dashboard.")
	case answer.status != http.StatusOK:
		d.bad(what, fmt.Sprintf("%s answers with status %d", p.backend, answer.status), "Check CLERK_API_URL, and the service's status page.")
	default:
		d.ok(what, "%s answers and accepts the secret key", p.backend)
		return answer
	}
	return nil
}

// unfinished reports how much of what strangers begin is stored. Only the embedded service
// says so.
func (d *checkup) unfinished(ctx context.Context, p *patient) {
	if p.backend == "" {
		return
	}
	answer, err := d.fetch(ctx, p.carrier, strings.TrimSuffix(p.backend, "/")+"/v1/unfinished_attempts", p.secret)
	var count wire.TotalCount
	if err != nil || answer.status != http.StatusOK || json.Unmarshal(answer.body, &count) != nil {
		return // the Backend API's own finding says what is wrong with it
	}
	d.ok("Unfinished", "%d sign-ins, sign-ups, codes and browsers that nobody signed in with; the oldest are dropped first", count.TotalCount)
}

func (d *checkup) askFrontend(ctx context.Context, p *patient) *fetched {
	const what = "Frontend API"
	if p.frontend == "" {
		return nil
	}
	answer, err := d.fetch(ctx, p.carrier, p.frontend+"/.well-known/jwks.json", "")
	switch {
	case err != nil:
		d.bad(what, err.Error(), "Check the network and the DNS record of the Frontend API's host.")
	case answer.status != http.StatusOK:
		d.bad(what, fmt.Sprintf("%s answers with status %d", p.frontend, answer.status), "Check that CLERK_PUBLISHABLE_KEY is the one in the dashboard.")
	default:
		d.ok(what, "%s answers", p.frontend)
		return answer
	}
	return nil
}

// fetched is an answer with the times around it.
type fetched struct {
	status         int
	header         http.Header
	body           []byte
	sent, received time.Time
}

// fetch follows no redirect, so that the secret key goes nowhere else.
func (d *checkup) fetch(ctx context.Context, carrier http.RoundTripper, url, secret string) (*fetched, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", url, err)
	}
	if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	client := &http.Client{Transport: carrier, Timeout: doctorTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	f := &fetched{sent: d.now()}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	f.received, f.status, f.header = d.now(), res.StatusCode, res.Header
	if f.body, err = io.ReadAll(io.LimitReader(res.Body, doctorMaxBody)); err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", url, err)
	}
	return f, nil
}

// clock compares this machine's clock with the first answer that says what time it is.
func (d *checkup) clock(answers ...*fetched) {
	for _, f := range answers {
		if f == nil {
			continue
		}
		if date, err := http.ParseTime(f.header.Get("Date")); err == nil {
			d.skew(f.skew(date))
			return
		}
	}
}

// skew is how far the local clock is ahead; Date has whole seconds, cut off, and the
// answer was on its way for a while, so anything that both allow is none.
func (f *fetched) skew(date time.Time) time.Duration {
	switch earliest, latest := date, date.Add(time.Second); {
	case f.sent.After(latest):
		return f.sent.Sub(latest)
	case f.received.Before(earliest):
		return f.received.Sub(earliest)
	}
	return 0
}

func (d *checkup) skew(ahead time.Duration) {
	const what = "Clock"
	if ahead.Abs() <= maxSkew {
		d.ok(what, "agrees with the instance's to %v", max(time.Second, ahead.Abs().Round(time.Second)))
		return
	}
	direction := "ahead of"
	if ahead < 0 {
		direction = "behind"
	}
	d.bad(what, fmt.Sprintf("is %v %s the instance's: tokens will be refused as expired or not yet valid", ahead.Abs().Round(time.Second), direction),
		"Set the clock, and keep it set with NTP.")
}
