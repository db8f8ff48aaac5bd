package main

import (
	"context"
	"io"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/internal/walk"
	"github.com/usherauth/usher/wire"
)

// TestAPersonWalksThroughTheDemo takes the demo as it is: with the limits, the database
// and the addresses that people get, and a clock that can be put forward.
func TestAPersonWalksThroughTheDemo(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	m := NewMain(&logBuffer{}, io.Discard)
	m.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	args := []string{"-addr", "localhost:0", "-backend-addr", "off", "-data", filepath.Join(t.TempDir(), "data")}
	if err := m.ParseFlags(args, noEnv); err != nil {
		t.Fatal(err)
	}
	if err := m.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := m.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	person := walk.NewPerson(t, nil)
	wait := func(d time.Duration) {
		ahead.Add(int64(d))
		person.Lose(m.Origin(), wire.CookieRedirectCount) // lives for seconds, by the browser's clock
	}
	walk.Walk(person, walk.App{
		Origin: m.Origin(), Page: "/dashboard?tab=1", Greeting: "user_", Form: "/organizations", Field: "name", KeepsForms: true,
		API: "/api/user", Proxy: "/__clerk", Wait: wait,
	})
}
