package web_test

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/internal/web"
)

func TestA8_RepeatedLinesAreSampledWithACount(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	s := web.NewSampler(3, time.Second, func() time.Time { return now })
	passed := 0
	for range 10 {
		if _, ok := s.Take("a"); ok {
			passed++
		}
	}
	if n, ok := s.Take("b"); passed != 3 || !ok || n != 0 {
		t.Errorf("%d of a passed, b: %d %v", passed, n, ok)
	}
	now = now.Add(time.Second)
	if n, ok := s.Take("a"); !ok || n != 7 {
		t.Errorf("after a second: %d suppressed, %v", n, ok)
	}
	if _, ok := s.Take("a"); ok {
		t.Error("two in a second")
	}
	now = now.Add(-time.Hour) // the clock was set back
	if _, ok := s.Take("a"); ok {
		t.Error("a clock that was set back lets lines pass")
	}
	if rest := s.Rest(); len(rest) != 1 || rest["a"] != 2 || len(s.Rest()) != 0 {
		t.Errorf("rest %v", rest)
	}
	for i := range 10_000 {
		s.Take(strconv.Itoa(i))
	}
	if rest := s.Rest(); len(rest) != 1 {
		t.Errorf("%d keys", len(rest))
	}
}

func TestA8_WarningsAreSampledByTheirMessage(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	now := time.Unix(1_800_000_000, 0)
	log := web.SampledLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), func() time.Time { return now })
	if web.SampledLogger(log, nil) != log {
		t.Error("a sampled logger is sampled again")
	}
	for i := range 1000 {
		log.With("n", i).WithGroup("g").Warn("refused", "by", "stranger")
		log.Debug("detail")
		log.Info("done")
	}
	log.Error("another")
	now = now.Add(time.Minute)
	log.Warn("refused")
	got := out.String()
	for want, n := range map[string]int{"msg=refused": 21, "msg=detail": 1000, "msg=done": 1000, "msg=another": 1, "suppressed=980": 1} {
		if strings.Count(got, want) != n {
			t.Errorf("%s: %d lines, want %d", want, strings.Count(got, want), n)
		}
	}
	if web.SampledLogger(nil, nil).Enabled(context.Background(), slog.LevelError) {
		t.Error("nil is not silent")
	}
}
