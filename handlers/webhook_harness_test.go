package handlers_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

const (
	hookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" // of the vector
	hookTime   = 1_700_000_000
	hookBody   = `{"data":{"id":"user_1","object":"user"},"object":"event","type":"user.created","timestamp":1654012591514,"instance_id":"ins_1"}`
)

// hookKey is what hookSecret encodes, or any secret the same way.
func hookKey(secret string) []byte {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err)
	}
	return key
}

// sign makes the signature of a message, as the sender does.
func sign(key []byte, id, timestamp, body string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// delivery is a genuine request with this id and body, sent at hookTime.
func delivery(id, body string) *http.Request {
	timestamp := fmt.Sprint(hookTime)
	r := httptest.NewRequest(http.MethodPost, "/webhooks", strings.NewReader(body))
	r.Header.Set(wire.HeaderWebhookID, id)
	r.Header.Set(wire.HeaderWebhookTimestamp, timestamp)
	r.Header.Set(wire.HeaderWebhookSignature, sign(hookKey(hookSecret), id, timestamp, body))
	return r
}

// app counts what a webhook makes it do.
type app struct {
	mu     sync.Mutex
	events []handlers.Event
	fail   error
	now    time.Time
}

func (a *app) do(_ context.Context, e handlers.Event) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, e)
	return a.fail
}

func (a *app) calls() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.events)
}

// hook is a webhook of this app; an empty cfg gets the secret and the clock of the tests.
func (a *app) hook(t *testing.T, cfg handlers.WebhookConfig) http.Handler {
	t.Helper()
	if a.now.IsZero() {
		a.now = time.Unix(hookTime, 0)
	}
	if cfg.Secrets == nil {
		cfg.Secrets = []wire.Secret{wire.NewSecret(hookSecret)}
	}
	cfg.Now = func() time.Time { return a.now }
	h, err := handlers.NewWebhook(cfg, a.do)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// send returns the status of the answer to r.
func send(h http.Handler, r *http.Request) int {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Code
}
