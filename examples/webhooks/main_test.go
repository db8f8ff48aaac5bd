package main

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

var key = []byte("a key of the tests, of 32 bytes.")

func ask(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func message(id, signer, typ, data string) *http.Request {
	now, body := strconv.FormatInt(time.Now().Unix(), 10), `{"object":"event","type":"`+typ+`","data":`+data+`}`
	r := httptest.NewRequest("POST", "/webhooks", strings.NewReader(body))
	r.Header.Set(wire.HeaderWebhookID, id)
	r.Header.Set(wire.HeaderWebhookTimestamp, now)
	r.Header.Set(wire.HeaderWebhookSignature, sign([]byte(signer), id, now, body))
	return r
}

func TestTheListFollowsTheWebhooks(t *testing.T) {
	t.Parallel()
	secret := wire.NewSecret(wire.WebhookSecretPrefix + base64.StdEncoding.EncodeToString(key))
	h, err := app(handlers.WebhookConfig{Secrets: []wire.Secret{secret}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, signer, typ, data string
		status                  int
		people                  string
	}{
		{"somebody signs up", string(key), "user.created", `{"object":"user","id":"user_1","first_name":"Ada","updated_at":1}`, 204, "<li>Ada"},
		{"a stranger writes", "another key", "user.deleted", `{"object":"user","id":"user_1","deleted":true}`, 400, "<li>Ada"},
		{"a name with markup in it", string(key), "user.updated", `{"object":"user","id":"user_1","first_name":"<b>","updated_at":3}`, 204, "<li>&lt;b&gt;"},
		{"an older version comes late", string(key), "user.updated", `{"object":"user","id":"user_1","first_name":"Bob","updated_at":2}`, 204, "<li>&lt;b&gt;"},
		{"something else happens", string(key), "email.created", `{"object":"email"}`, 204, "<li>&lt;b&gt;"},
		{"an event that is not understood", string(key), "user.updated", `[]`, 500, "<li>&lt;b&gt;"},
		{"the account is deleted", string(key), "user.deleted", `{"object":"user","id":"user_1","deleted":true}`, 204, ""},
		{"its last change comes late", string(key), "user.updated", `{"object":"user","id":"user_1","first_name":"Ada","updated_at":4}`, 204, ""},
	} {
		if rec := ask(h, message("msg_"+strings.ReplaceAll(tt.name, " ", "_"), tt.signer, tt.typ, tt.data)); rec.Code != tt.status {
			t.Errorf("%s: status %d, want %d: %s", tt.name, rec.Code, tt.status, rec.Body)
		}
		if page, want := ask(h, httptest.NewRequest("GET", "/", http.NoBody)).Body.String(), "<ul>"+tt.people+"</ul>"; !strings.Contains(page, want) {
			t.Errorf("%s: no %s in %s", tt.name, want, page)
		}
	}
}
