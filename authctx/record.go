package authctx

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// Record says how one request was decided. It holds no token, no cookie and nothing that
// names a person, so it may be logged and shown to developers. Of a token that was refused,
// Kid and IssuedAt are what it claims.
type Record struct {
	// Source is what decided: "header", "cookie", "suffixed cookie", "handshake",
	// "refresh" or "none".
	Source string
	// Status is wire.StatusSignedIn, StatusSignedOut or StatusHandshake.
	Status string
	// Reason says why not signed in; "" when signed in.
	Reason wire.Reason
	// Kid names the token's key, cut to 64 bytes and escaped; "" without a token.
	Kid string
	// KeyAge is how long ago the key set was fetched; 0 when none was, because the key
	// is configured or nothing had to be verified yet.
	KeyAge time.Duration
	// CacheHit says that the token had been verified before.
	CacheHit bool
	// IssuedAt is the token's iat, zero without one.
	IssuedAt time.Time
	// Skew is the clock minus IssuedAt: the token's age or, when negative, how far the
	// issuer's clock is ahead of this one.
	Skew time.Duration
	// ClientUAT is when the browser's sessions last changed, as its cookie says; zero
	// when it says that nobody is signed in.
	ClientUAT time.Time
	// Redirects counts the session renewals that this visit has been through.
	Redirects int
	// Took is the time the decision took.
	Took time.Duration
}

// observed decides a request and keeps the record when somebody wants it: a logger at
// Debug, or development. The record is worked out beside the decision and not within, so
// that it costs nothing otherwise.
func (a *Authenticator) observed(r *http.Request, found *credentials) (decision, *Record) {
	if !a.development && !a.log.Enabled(r.Context(), slog.LevelDebug) {
		return a.decide(r, found), nil
	}
	return a.recorded(r, found)
}

func (a *Authenticator) recorded(r *http.Request, found *credentials) (decision, *Record) {
	c := *found // deciding changes what was found
	presented := first(c.bearer, c.session)
	cached := c.known
	if c.bearer != "" {
		cached = a.tokens.get(c.bearer)
	}
	start := a.now()
	d := a.decide(r, found)
	took := a.now().Sub(start)

	rec := &Record{
		Source: a.source(r, &c, &d), Status: d.status, Reason: d.reason, KeyAge: keyAge(a.keys, start),
		Redirects: c.redirects, Took: took,
	}
	if c.uat > 0 {
		rec.ClientUAT = time.Unix(c.uat, 0).UTC()
	}
	decisive := first(d.auth.Token(), presented)
	rec.CacheHit = cached != nil && decisive == presented && !cached.gone.Load()
	rec.describe(decisive, start, a.inst.maxTokenBytes)
	a.log.LogAttrs(r.Context(), slog.LevelDebug, "request decided", rec.attrs()...)
	return d, rec
}

// source names the credential that led to d.
func (a *Authenticator) source(r *http.Request, c *credentials, d *decision) string {
	renewed := d.auth.Token() != "" && d.auth.Token() != first(c.bearer, c.session)
	returned := c.nonce != "" || c.handshake != "" || !a.inst.key.Live() && hasHandshakeParam(r)
	switch {
	case renewed && !returned || c.bearer != "" && renewed:
		return "refresh"
	case c.bearer != "":
		return "header"
	case returned && (renewed || d.reason == wire.ReasonSessionTokenMissing):
		return "handshake"
	case c.session != "" && c.suffixed:
		return "suffixed cookie"
	case c.session != "":
		return "cookie"
	}
	return "none"
}

// describe reads what the token says of itself.
func (rec *Record) describe(tok string, now time.Time, limit int) {
	t, err := token.Parse(tok, limit)
	if err != nil {
		return
	}
	rec.Kid = printable(t.Header.Kid)
	if iat, present, ok := t.Payload.Date("iat"); ok && present && iat > 0 && iat < 1<<40 {
		rec.IssuedAt = time.UnixMilli(int64(iat * 1000)).UTC()
		rec.Skew = now.Sub(rec.IssuedAt)
	}
}

// keyAge is how old the fetched keys are that source answers from.
func keyAge(source keySource, now time.Time) time.Duration {
	s, ok := source.(*keySet)
	if !ok || s.latest.Load() == nil {
		return 0
	}
	return max(0, s.latest.Load().age(now)) // they may have come after this request
}

// printable cuts a stranger's text to 64 bytes and escapes what is not plain ASCII, so
// that it is one word of one line wherever it is written (J04, X12).
func printable(s string) string {
	quoted := strconv.QuoteToASCII(clip(s))
	return quoted[1 : len(quoted)-1]
}

// attrs are the record as it is logged.
func (rec *Record) attrs() []slog.Attr {
	list := []slog.Attr{
		slog.String("source", rec.Source), slog.String("status", rec.Status), slog.String("reason", printable(string(rec.Reason))),
		slog.Duration("key_age", rec.KeyAge), slog.Bool("cache_hit", rec.CacheHit),
		slog.Int("redirects", rec.Redirects), slog.Duration("took", rec.Took),
	}
	if rec.Kid != "" {
		list = append(list, slog.String("kid", rec.Kid))
	}
	if !rec.IssuedAt.IsZero() {
		list = append(list, slog.Duration("skew", rec.Skew))
	}
	if !rec.ClientUAT.IsZero() {
		list = append(list, slog.Time("client_uat", rec.ClientUAT))
	}
	return list
}
