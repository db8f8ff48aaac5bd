package authctx

import (
	"container/list"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// maxSelected bounds how many Authenticators a Selector keeps.
const maxSelected = 256

// Selector chooses the configuration of each request, so that one process serves several
// instances. It is made by [ForRequest] and safe for concurrent use.
type Selector struct {
	base   Config
	choose func(*http.Request, *Config) error
	log    *slog.Logger
	now    func() time.Time

	mu     sync.Mutex
	byKey  map[configKey]*list.Element // of *selected
	recent list.List                   // most recently used first
	noisy  bucket                      // how often a mistake is logged
}

type selected struct {
	key configKey
	*Authenticator
}

// ForRequest returns a Selector that calls choose for every request with a copy of base
// to change: keys by host, say. What choose leaves alone is as in base, which need not be
// a whole configuration by itself. choose must not write to the elements of base's
// slices. Functions such as Now stay base's whatever it sets. A Transport that it sets
// must be comparable, such as a pointer, and like a Logger the same one each time.
//
// Each different configuration has an Authenticator of its own, with its own keys and its
// own memory of tokens, so nothing that one instance vouches for is ever believed for
// another. The 256 used last are kept. A client that can bring choose to make up
// configurations without end makes the useful ones be built, and their keys be fetched,
// again and again: choose from a list of known hosts.
//
// A configuration with mistakes, or an error of choose, is answered with 500 and logged at
// Warn; nobody is signed in by it. ForRequest panics when choose is nil.
func ForRequest(base Config, choose func(*http.Request, *Config) error) *Selector {
	if choose == nil {
		panic("authctx: ForRequest without a function to choose the configuration with")
	}
	if base.Transport != nil {
		base.Transport = &sharedTransport{base.Transport} // comparable, whatever it is
	}
	clipLists(&base)
	base.Logger = web.SampledLogger(base.Logger, base.Now) // shared by all configurations
	s := &Selector{base: base, choose: choose, log: base.Logger, now: base.Now, byKey: make(map[configKey]*list.Element), noisy: bucket{rate: 1}}
	if s.now == nil {
		s.now = time.Now //nolint:forbidigo // the default clock
	}
	return s
}

type sharedTransport struct{ http.RoundTripper }

// Handler is [Authenticator.Handler] with the configuration of each request.
func (s *Selector) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := s.authenticator(r)
		if err != nil {
			s.complain(r, err)
			http.Error(w, "This site is not configured correctly.", http.StatusInternalServerError)
			return
		}
		a.Handler(next).ServeHTTP(w, r)
	})
}

// Authenticate is [Authenticator.Authenticate] with the configuration of the request. With
// an error, which is about the configuration and not for clients, the State is signed out
// and Auth.Unknown.
func (s *Selector) Authenticate(r *http.Request) (State, error) {
	a, err := s.authenticator(r)
	if err != nil {
		auth := signedOutAuth(wire.ReasonUnexpected)
		return State{Status: wire.StatusSignedOut, Reason: auth.reason, Auth: auth, Header: http.Header{}}, err
	}
	return a.Authenticate(r), nil
}

func (s *Selector) complain(r *http.Request, err error) {
	s.mu.Lock()
	loud := s.noisy.take(s.now())
	s.mu.Unlock()
	if loud {
		s.log.WarnContext(r.Context(), "no configuration for a request", "err", err)
	}
}

func (s *Selector) authenticator(r *http.Request) (*Authenticator, error) {
	cfg := s.base
	if err := s.choose(r, &cfg); err != nil {
		return nil, fmt.Errorf("authctx: choose configuration: %w", err)
	}
	key, err := s.key(&cfg)
	if err != nil {
		return nil, err
	}
	if a := s.find(key); a != nil {
		return a, nil
	}
	a, err := New(cfg)
	if err != nil {
		return nil, err
	}
	return s.keep(key, a), nil
}

func (s *Selector) find(key configKey) *Authenticator {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byKey[key]
	if e == nil {
		return nil
	}
	s.recent.MoveToFront(e)
	return e.Value.(*selected).Authenticator //nolint:forcetypeassert // the list holds nothing else
}

// keep returns the first Authenticator kept for key, so that requests that arrive at the
// same time share one.
func (s *Selector) keep(key configKey, a *Authenticator) *Authenticator {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byKey[key]; e != nil {
		return e.Value.(*selected).Authenticator //nolint:forcetypeassert // the list holds nothing else
	}
	s.byKey[key] = s.recent.PushFront(&selected{key, a})
	if len(s.byKey) > maxSelected {
		last := s.recent.Back()
		delete(s.byKey, s.recent.Remove(last).(*selected).key) //nolint:forcetypeassert // the list holds nothing else
	}
	return a
}
