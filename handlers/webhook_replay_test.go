package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/handlers"
)

func TestP11_ReplaysHaveNoSecondEffect(t *testing.T) {
	t.Parallel()
	var a app
	h := a.hook(t, handlers.WebhookConfig{})
	for range 3 {
		if status := send(h, delivery("msg_1", hookBody)); status != 204 {
			t.Errorf("status %d", status)
		}
	}
	again := delivery("msg_1", hookBody) // as the sender does when it missed the answer
	a.now = time.Unix(hookTime+200, 0)
	at(fmt.Sprint(hookTime + 200))(again)
	if status := send(h, again); status != 204 || a.calls() != 1 {
		t.Errorf("signed again: status %d, %d calls", status, a.calls())
	}
	if status := send(h, delivery("msg_2", hookBody)); status != 204 || a.calls() != 2 {
		t.Errorf("another event: status %d, %d calls", status, a.calls())
	}
}

// Many copies at once: one of them is handled, and none of the others is told that it was
// before that is so.
func TestP11_CopiesAtOnce(t *testing.T) {
	t.Parallel()
	var a app
	entered, leave := make(chan struct{}), make(chan error)
	h := a.hook(t, handlers.WebhookConfig{Seen: func(context.Context, string) (bool, error) {
		close(entered) // twice would panic
		return false, <-leave
	}})
	first := make(chan int)
	go func() { first <- send(h, delivery("msg_1", hookBody)) }()
	<-entered
	var copies sync.WaitGroup
	for range 20 {
		copies.Go(func() {
			if status := send(h, delivery("msg_1", hookBody)); status != 409 {
				t.Errorf("a copy meanwhile: status %d", status)
			}
		})
	}
	copies.Wait()
	close(leave)
	if status := <-first; status != 204 || a.calls() != 1 {
		t.Errorf("the first: status %d, %d calls", status, a.calls())
	}
	if status := send(h, delivery("msg_1", hookBody)); status != 204 || a.calls() != 1 {
		t.Errorf("a copy afterwards: status %d, %d calls", status, a.calls())
	}
}

func TestP11_APanicIsSentAgain(t *testing.T) {
	t.Parallel()
	var a app
	panics := true
	h := a.hook(t, handlers.WebhookConfig{Seen: func(context.Context, string) (bool, error) {
		if panics {
			panic("nil map")
		}
		return false, nil
	}})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		send(h, delivery("msg_1", hookBody))
	}()
	panics = false
	if status := send(h, delivery("msg_1", hookBody)); status != 204 || a.calls() != 1 {
		t.Errorf("status %d, %d calls", status, a.calls())
	}
}

func TestWebhookSeen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		seen   bool
		err    error
		status int
		calls  int
	}{
		{"not seen", false, nil, 204, 1},
		{"seen by another process", true, nil, 204, 0},
		{"nobody can tell", false, errors.New("database is locked"), 500, 0},
		{"an error counts more than an answer", true, errors.New("database is locked"), 500, 0},
	} {
		var a app
		asked := ""
		h := a.hook(t, handlers.WebhookConfig{Seen: func(_ context.Context, id string) (bool, error) {
			asked += id
			return tt.seen, tt.err
		}})
		if status := send(h, delivery("msg_1", hookBody)); status != tt.status || a.calls() != tt.calls || asked != "msg_1" {
			t.Errorf("%s: status %d, %d calls, asked %q", tt.name, status, a.calls(), asked)
		}
		bad := delivery("msg_2", hookBody)
		bad.Header.Set("Svix-Signature", other(""))
		if status := send(h, bad); status != 400 || asked != "msg_1" {
			t.Errorf("%s: a forged message: status %d, asked %q", tt.name, status, asked)
		}
	}
}

// The memory has two ends: an hour, and 4096 events.
func TestP11_TheMemoryOfReplaysIsBounded(t *testing.T) {
	t.Parallel()
	resend := func(h http.Handler, a *app, id string, after time.Duration) int {
		a.now = time.Unix(hookTime, 0).Add(after)
		r := delivery(id, hookBody)
		at(fmt.Sprint(a.now.Unix()))(r)
		before := a.calls()
		if status := send(h, r); status != 204 {
			t.Errorf("%s: status %d", id, status)
		}
		return a.calls() - before
	}
	var a app
	h := a.hook(t, handlers.WebhookConfig{})
	for _, tt := range []struct {
		after time.Duration
		calls int
	}{{0, 1}, {10 * time.Minute, 0}, {time.Hour - time.Second, 0}, {time.Hour, 1}, {time.Hour + time.Minute, 0}, {0, 0}} {
		if n := resend(h, &a, "msg_1", tt.after); n != tt.calls {
			t.Errorf("after %v: %d calls, want %d", tt.after, n, tt.calls)
		}
	}
	for i := range 4095 { // until msg_1 of the first hour is the one forgotten
		resend(h, &a, fmt.Sprintf("msg_new_%d", i), time.Hour)
	}
	if n := resend(h, &a, "msg_1", time.Hour+time.Minute); n != 0 {
		t.Errorf("forgotten with what it did an hour ago: %d calls", n)
	}

	var b app
	h = b.hook(t, handlers.WebhookConfig{})
	for i := range 4096 {
		resend(h, &b, fmt.Sprintf("msg_%d", i), 0)
	}
	for _, tt := range []struct {
		id    string
		calls int
	}{{"msg_0", 0}, {"msg_4095", 0}, {"msg_new", 1}, {"msg_1", 0}, {"msg_0", 1}, {"msg_1", 1}, {"msg_3", 0}, {"msg_new", 0}} {
		if n := resend(h, &b, tt.id, time.Minute); n != tt.calls {
			t.Errorf("with 4096 events, %s again: %d calls, want %d", tt.id, n, tt.calls)
		}
	}
}
