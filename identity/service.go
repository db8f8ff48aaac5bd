package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// Service is a running instance. It is safe for concurrent use; several may share a
// store, on one machine or many.
type Service struct {
	cfg           Config
	log           *slog.Logger
	instance      instance
	keys          keyring
	signatures    signatures
	cookies       cookieKeys
	pool          *hashPool
	uploads       *hashPool // places for the bodies of uploads
	pictures      *hashPool // one at a time: decoding takes memory as hashing does
	outbox        *mail.Outbox
	policy        passwordPolicy
	limits        limiters
	origins       origins
	environ       wire.Environment
	parsed        atomic.Pointer[parsedAccess]
	begun         atomic.Int64           // by strangers, since the start
	lastTried     atomic.Pointer[string] // whose password it was, by id
	frontend      http.Handler
	backend       http.Handler
	inside        http.Handler // the Backend API for this process, without limits
	stop          context.CancelFunc
	refusals      *web.Sampler // how often they are logged
	saidForwarded atomic.Bool  // that a proxy's X-Forwarded-For cannot be read
	done          sync.WaitGroup
}

// New opens the instance kept in cfg.Store, creating it and its keys when the store is
// empty. The error joins every mistake in cfg. ctx bounds New only; end the Service's
// background work with Close.
func New(ctx context.Context, cfg Config) (*Service, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := &Service{
		cfg:      cfg,
		log:      cfg.Logger,
		pool:     newHashPool(cfg.HashConcurrency, cfg.HashConcurrency*hashQueuePerSlot, cfg.CollectAfterHash, cfg.Now),
		uploads:  newHashPool(uploadsAtOnce, uploadQueue, false, cfg.Now),
		pictures: newHashPool(1, decodeQueue, cfg.CollectAfterHash, cfg.Now),
		outbox:   mail.NewOutbox(cfg.SendMail, cfg.Logger),
		policy:   newPasswordPolicy(cfg.MinPasswordLength, append(cfg.ContextWords, cfg.ApplicationName)...),
		limits:   newLimiters(cfg.Limits, cfg.Now),
		origins:  newOrigins(cfg.PublicOrigin, cfg.AllowedOrigins),
		refusals: newRefusals(cfg.Now),
	}
	if err := s.openInstance(ctx); err != nil {
		return nil, err
	}
	if !s.origins.secure && !loopback(cfg.PublicOrigin) {
		s.log.WarnContext(ctx, "the public origin is http: cookies are not Secure and passwords travel in the clear")
	}
	s.environ = s.environment()
	s.frontend = s.newFrontend()
	s.backend = s.newBackend(newBackendLimits(cfg.Limits))
	s.inside = s.newBackend(backendLimits{})
	s.start()
	return s, nil
}

// PublishableKey is the instance's publishable key (protocol reference 1.1).
func (s *Service) PublishableKey() wire.PublishableKey { return s.instance.publishable }

// SecretKey is the key of the Backend API. Whoever has it can do everything.
func (s *Service) SecretKey() wire.Secret { return s.instance.secret }

// Frontend answers the Frontend API: /v1/… and /.well-known/jwks.json (protocol
// reference 8). It may be reached directly or through a proxy that follows protocol
// reference 8.11; only one that sends the secret key is believed about client addresses.
func (s *Service) Frontend() http.Handler { return s.frontend }

// Backend answers the Backend API, /v1/… (protocol reference 7), to whoever has the
// secret key. Keep it off public listeners all the same.
func (s *Service) Backend() http.Handler { return s.backend }

// String names the instance and hides everything else; so do all formats.
func (s *Service) String() string { return "identity.Service(" + s.instance.publishable.Host() + ")" }

// Format implements [fmt.Formatter], so that no verb walks into keys.
func (s *Service) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue implements [slog.LogValuer].
func (s *Service) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Close sends the mail that waits, for at most 20 seconds, stops background work and waits
// for it. Handlers keep answering, so close the
// listeners first and the store after. It may be called more than once.
func (s *Service) Close() error {
	s.stop()
	s.pool.close()
	s.pictures.close()
	s.done.Wait()
	return nil
}

// now is the time in the precision records keep.
func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

// view runs fn in the store and tells answers from failures of the store.
func (s *Service) view(ctx context.Context, fn func(Tx) error) error {
	return storeError(s.cfg.Store.View(ctx, fn))
}

func (s *Service) update(ctx context.Context, fn func(Tx) error) error {
	return storeError(s.cfg.Store.Update(ctx, fn))
}

func storeError(err error) error {
	var api *apiError
	switch {
	case err == nil, errors.As(err, &api), errors.Is(err, ErrBusy), errors.Is(err, errInternal),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("identity: %w: %w", errStore, err)
}
