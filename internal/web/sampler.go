package web

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Sampler bounds how often a line is logged that strangers can cause. Each key has its
// own token bucket. Safe for concurrent use.
type Sampler struct {
	burst float64
	every time.Duration // in which a key gets one more line
	now   func() time.Time

	mu   sync.Mutex
	keys map[string]*sampled
}

type sampled struct {
	tokens     float64
	at         time.Time
	suppressed int64
}

// maxSampled bounds the keys, which are constants of the program. Others share one.
const maxSampled = 256

// NewSampler lets burst lines of a key pass, and then one every so often. A nil now is
// [time.Now].
func NewSampler(burst int, every time.Duration, now func() time.Time) *Sampler {
	if now == nil {
		now = time.Now //nolint:forbidigo // the default clock
	}
	return &Sampler{burst: float64(burst), every: every, now: now, keys: map[string]*sampled{}}
}

// Take reports whether a line of key is logged, and how many were not since the last one
// that was.
func (s *Sampler) Take(key string) (suppressed int64, ok bool) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keys[key]
	if k == nil {
		if len(s.keys) >= maxSampled {
			key = ""
		}
		if k = s.keys[key]; k == nil {
			k = &sampled{tokens: s.burst, at: now}
			s.keys[key] = k
		}
	}
	if passed := now.Sub(k.at); passed > 0 {
		k.tokens = min(s.burst, k.tokens+float64(passed)/float64(s.every))
		k.at = now
	}
	if k.tokens < 1 {
		k.suppressed++
		return 0, false
	}
	k.tokens--
	suppressed, k.suppressed = k.suppressed, 0
	return suppressed, true
}

// Rest is what was suppressed of each key and not reported yet. It is reported by that.
func (s *Sampler) Rest() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := map[string]int64{}
	for key, k := range s.keys {
		if k.suppressed > 0 {
			rest[key], k.suppressed = k.suppressed, 0
		}
	}
	return rest
}

// Of each warning or error, sampledBurst lines pass at once, and then one every
// sampledEvery.
const (
	sampledBurst = 20
	sampledEvery = 10 * time.Second
)

// SampledLogger is log with its warnings and errors sampled by their message: most of
// them are about something that strangers can cause as often as they like. A line that
// passes again says in "suppressed" how many did not. What is below Warn passes. A nil log
// is silent, a sampled one is returned as it is.
func SampledLogger(log *slog.Logger, now func() time.Time) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	if _, ok := log.Handler().(*samplingHandler); ok || log.Handler() == slog.DiscardHandler {
		return log
	}
	return slog.New(&samplingHandler{log.Handler(), NewSampler(sampledBurst, sampledEvery, now)})
}

// samplingHandler implements [slog.Handler].
type samplingHandler struct {
	slog.Handler
	sampler *Sampler
}

// Handle implements [slog.Handler].
func (h *samplingHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		suppressed, ok := h.sampler.Take(r.Message)
		if !ok {
			return nil
		}
		if suppressed > 0 {
			r = r.Clone()
			r.AddAttrs(slog.Int64("suppressed", suppressed))
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h *samplingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &samplingHandler{h.Handler.WithAttrs(attrs), h.sampler}
}

// WithGroup implements [slog.Handler].
func (h *samplingHandler) WithGroup(name string) slog.Handler {
	return &samplingHandler{h.Handler.WithGroup(name), h.sampler}
}
