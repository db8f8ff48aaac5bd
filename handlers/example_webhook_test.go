package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

// An endpoint that keeps the app's own copy of users up to date. delivery makes a message
// signed with hookSecret, as the instance does.
func ExampleNewWebhook() {
	hook, err := handlers.NewWebhook(handlers.WebhookConfig{
		Secrets: []wire.Secret{wire.NewSecret(hookSecret)},          // CLERK_WEBHOOK_SIGNING_SECRET, in earnest
		Now:     func() time.Time { return time.Unix(hookTime, 0) }, // left out, in earnest
	}, func(_ context.Context, e handlers.Event) error {
		switch e.Type {
		case wire.EventUserCreated, wire.EventUserUpdated:
			user, err := handlers.EventData[wire.User](e)
			if err != nil {
				return err // the instance sends it again
			}
			fmt.Println("save", user.ID, user.FullName())
		case wire.EventUserDeleted:
			user, err := handlers.EventData[wire.Deleted](e)
			if err != nil {
				return err
			}
			fmt.Println("delete", user.ID)
		}
		return nil // other types are received and need nothing
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks", hook)

	forged := delivery("msg_3", `{"object":"event","type":"user.deleted","data":{"id":"user_1"}}`)
	forged.Header.Set(wire.HeaderWebhookSignature, "v1,AAAA")
	for _, r := range []*http.Request{
		delivery("msg_1", `{"object":"event","type":"user.created","data":{"id":"user_1","first_name":"Ada"}}`),
		delivery("msg_1", `{"object":"event","type":"user.created","data":{"id":"user_1","first_name":"Ada"}}`), // a second time
		delivery("msg_2", `{"object":"event","type":"session.created","data":{"id":"sess_1"}}`),
		forged,
	} {
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		fmt.Println(rec.Code)
	}
	// Output:
	// save user_1 Ada
	// 204
	// 204
	// 204
	// 400
}

// The signature is of the bytes that arrived. Whoever decodes the body and encodes it
// again verifies other bytes.
func ExampleVerifyWebhook_incorrect() {
	header := http.Header{}
	header.Set(wire.HeaderWebhookID, "msg_1")
	header.Set(wire.HeaderWebhookTimestamp, "1700000000")
	header.Set(wire.HeaderWebhookSignature, "v1,rkwp5YuvdrMkcu0ZhuMsXoTg44mHAr1Q0+FFgFpXsjY=")
	body := []byte(`{"a":1}`)
	now, secret := time.Unix(1_700_000_000, 0), wire.NewSecret(hookSecret)

	var decoded struct{ A int }
	_ = json.Unmarshal(body, &decoded)
	again, _ := json.Marshal(decoded)
	fmt.Println("as it arrived:", handlers.VerifyWebhook(header, body, now, secret) == nil)
	fmt.Println("encoded again:", handlers.VerifyWebhook(header, again, now, secret) == nil)
	// Output:
	// as it arrived: true
	// encoded again: false
}
