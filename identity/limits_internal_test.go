package identity

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// A request without a place waits while one may be given back, and no longer.
func TestD9_WaitsForAPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		a := newAllowance(1, time.Now)
		if err := a.take(ctx, "n"); err != nil {
			t.Fatal(err)
		}
		got := make(chan error)
		go func() { got <- a.take(ctx, "n") }()
		synctest.Wait()
		a.done("n", false, "")
		if err := <-got; err != nil {
			t.Errorf("after a success: %v", err)
		}
		go func() { got <- a.take(ctx, "n") }()
		synctest.Wait()
		a.done("n", true, "x")
		if err := <-got; err == nil {
			t.Error("after a failure it got a place")
		}
		a.giveBack("n", "x")
		if err := a.take(ctx, "n"); err != nil {
			t.Errorf("after the attempt succeeded: %v", err)
		}
		began := time.Now()
		if err := a.take(ctx, "n"); err == nil || time.Since(began) != allowanceWait {
			t.Errorf("waited %v: %v", time.Since(began), err)
		}
		gone, cancel := context.WithCancel(ctx)
		go func() { got <- a.take(gone, "n") }()
		synctest.Wait()
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("who went away: %v", err)
		}
		if n := a.keys["n"].waiting; n != 0 {
			t.Errorf("%d wait after all have gone", n)
		}
	})
}

func TestD9_AllowancesAreBounded(t *testing.T) {
	t.Parallel()
	a := newAllowance(5, time.Now)
	for n := range 3 * maxNetworks {
		key := strconv.Itoa(n)
		if err := a.take(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		a.done(key, true, "")
	}
	if len(a.keys) > maxNetworks {
		t.Errorf("%d networks are remembered", len(a.keys))
	}
}
