// Command webhooks keeps a list of people that the instance's webhooks fill, and shows it.
// It runs offline and prints a message to send to it: go run ./examples/webhooks
package main

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"log"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

// people is the app's own copy of the instance's users; in earnest, a table.
type people struct {
	mu   sync.Mutex
	byID map[string]wire.User
}

// follow does what an event says. Events come in no order, so an older version of a user
// replaces no newer one, and who was deleted stays so.
func (p *people) follow(_ context.Context, e handlers.Event) error {
	switch e.Type {
	case wire.EventUserCreated, wire.EventUserUpdated:
		user, err := handlers.EventData[wire.User](e)
		if err != nil {
			return err // the answer is 500, and the instance sends the event again
		}
		p.put(user)
	case wire.EventUserDeleted:
		gone, err := handlers.EventData[wire.Deleted](e)
		if err != nil {
			return err
		}
		p.put(wire.User{ID: gone.ID, UpdatedAt: math.MaxInt64})
	}
	return nil // whatever else happens needs nothing here
}

func (p *people) put(user wire.User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old, known := p.byID[user.ID]; !known || old.UpdatedAt < user.UpdatedAt {
		p.byID[user.ID] = user
	}
}

func (p *people) list(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprint(w, "<!doctype html><h1>People</h1><ul>")
	for _, user := range slices.SortedFunc(maps.Values(p.byID), func(a, b wire.User) int { return cmp.Compare(a.ID, b.ID) }) {
		if user.Object != "" { // not deleted
			_, _ = fmt.Fprintf(w, "<li>%s", html.EscapeString(user.FullName()))
		}
	}
	_, _ = fmt.Fprint(w, "</ul>")
}

func app(cfg handlers.WebhookConfig) (http.Handler, error) {
	p := &people{byID: map[string]wire.User{}}
	hook, err := handlers.NewWebhook(cfg, p.follow)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks", hook) // needs no identity: the signature says who sends
	mux.HandleFunc("GET /{$}", p.list)
	return mux, nil
}

// sign plays the instance.
func sign(key []byte, id, timestamp, body string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func main() {
	secret := os.Getenv("CLERK_WEBHOOK_SIGNING_SECRET")
	if secret == "" { // no instance: a secret of its own, and something to send
		key := make([]byte, 32)
		_, _ = rand.Read(key)
		secret = wire.WebhookSecretPrefix + base64.StdEncoding.EncodeToString(key)
		const body = `{"object":"event","type":"user.created","data":{"object":"user","id":"user_1","first_name":"Ada","updated_at":1}}`
		now := strconv.FormatInt(time.Now().Unix(), 10)
		fmt.Printf("curl -i localhost:8080/webhooks -H 'svix-id: msg_1' -H 'svix-timestamp: %s' -H 'svix-signature: %s' -d '%s'\n",
			now, sign(key, "msg_1", now, body), body)
	}
	h, err := app(handlers.WebhookConfig{
		Secrets: []wire.Secret{wire.NewSecret(secret)},
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("open http://localhost:8080")
	srv := &http.Server{Addr: "localhost:8080", Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	log.Fatal(srv.ListenAndServe())
}
