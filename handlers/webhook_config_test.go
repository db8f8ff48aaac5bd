package handlers_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

func ignore(context.Context, handlers.Event) error { return nil }

func keyOf(n int) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{'k'}, n))
}

func TestNewWebhookChecksItsSecrets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, secret, want string }{
		{"as the service gives it", hookSecret, ""},
		{"24 bytes", keyOf(24), ""},
		{"64 bytes", keyOf(64), ""},
		{"empty", "", "is empty"},
		{"too short", keyOf(23), "is too short: it has 23 bytes"},
		{"nothing after the prefix", "whsec_", "is too short: it has 0 bytes"},
		{"too long", keyOf(65), "is too long: it has 65 bytes"},
		{"the secret key", "sk_live_c2VjcmV0IGtleSBvZiB0aGUgaW5zdGFuY2U=", "does not begin with whsec_"},
		{"without the prefix", strings.TrimPrefix(hookSecret, "whsec_"), "does not begin with whsec_"},
		{"the prefix in capitals", "WHSEC_" + keyOf(24)[6:], "does not begin with whsec_"},
		{"a public key of the standard", "whpk_" + keyOf(32)[6:], "does not begin with whsec_"},
		{"not base64", "whsec_!!!!" + keyOf(24)[6:], "is not base64"},
		{"base64 for URLs", "whsec_" + strings.Repeat("_-_-", 8), "is not base64"},
		{"cut off", keyOf(32)[:len(keyOf(32))-2], "is not base64"},
		{"bits in the padding", strings.TrimSuffix(hookSecret, "Y=") + "Z=", "is not base64"},
		{"a line break at the end", hookSecret + "\n", "contains white space"},
		{"a line break inside", hookSecret[:20] + "\r\n" + hookSecret[20:], "contains white space"},
	} {
		_, err := handlers.NewWebhook(handlers.WebhookConfig{Secrets: []wire.Secret{wire.NewSecret(tt.secret)}}, ignore)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: NewWebhook = %v, want %q", tt.name, err, tt.want)
		}
		if err != nil && len(tt.secret) > 20 && strings.Contains(err.Error(), tt.secret[8:16]) {
			t.Errorf("V02: %s: the message shows a part of the secret: %v", tt.name, err)
		}
	}
}

func TestNewWebhookReportsEveryMistake(t *testing.T) {
	t.Parallel()
	secrets := []wire.Secret{{}, wire.NewSecret("sk_test_x"), wire.NewSecret(hookSecret), wire.NewSecret("whsec_%")}
	_, err := handlers.NewWebhook(handlers.WebhookConfig{Secrets: secrets}, ignore)
	for _, want := range []string{"secret 1 of 4 is empty", "secret 2 of 4 does not begin", "secret 4 of 4 is not base64"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewWebhook = %v, want %q in it", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), "secret 3") {
		t.Errorf("NewWebhook = %v, and the third secret is right", err)
	}
	for _, n := range []int{0, 9} {
		many := make([]wire.Secret, n)
		for i := range many {
			many[i] = wire.NewSecret(hookSecret)
		}
		if _, err := handlers.NewWebhook(handlers.WebhookConfig{Secrets: many}, ignore); err == nil {
			t.Errorf("%d secrets are accepted", n)
		}
		if err := handlers.VerifyWebhook(delivery("msg_1", hookBody).Header, []byte(hookBody), time.Unix(hookTime, 0), many...); err == nil {
			t.Errorf("%d secrets verify", n)
		}
	}
}

func TestNewWebhookWithoutAFunctionPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_, _ = handlers.NewWebhook(handlers.WebhookConfig{Secrets: []wire.Secret{wire.NewSecret(hookSecret)}}, nil)
}

// V02: neither what is logged, nor what is printed or answered, shows a secret, its key, a
// signature, or what an event is about.
func TestV02_WebhooksShowNoSecret(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	a := app{fail: errors.New("no such table: users")}
	secrets := []wire.Secret{wire.NewSecret(hookSecret)}
	cfg := handlers.WebhookConfig{Secrets: secrets, Logger: slog.New(slog.NewJSONHandler(&shown, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	h := a.hook(t, cfg)
	code := strings.Replace(hookBody, `"id":"user_1"`, `"otp_code":"424242"`, 1)
	genuine, forged, old := delivery("msg_1", code), delivery("msg_1", code+" "), delivery("msg_2", code)
	forged.Header.Set(wire.HeaderWebhookSignature, genuine.Header.Get(wire.HeaderWebhookSignature))
	at("1600000000")(old)
	signatures := []string{genuine.Header.Get(wire.HeaderWebhookSignature)[3:], old.Header.Get(wire.HeaderWebhookSignature)[3:]}
	for _, r := range []struct {
		want   int
		answer *httptest.ResponseRecorder
	}{{500, httptest.NewRecorder()}, {400, httptest.NewRecorder()}, {400, httptest.NewRecorder()}} {
		h.ServeHTTP(r.answer, genuine)
		if r.answer.Code != r.want {
			t.Errorf("status %d, want %d", r.answer.Code, r.want)
		}
		shown.Write(r.answer.Body.Bytes())
		genuine, forged = forged, old
	}
	logged := shown.String()
	for _, want := range []string{`"webhook refused"`, `"webhook not handled"`, `"id":"msg_1"`, `"type":"user.created"`, `no such table`, `"trace_id"`} {
		if !strings.Contains(logged, want) {
			t.Errorf("no %s in %s", want, logged)
		}
	}
	type holder struct {
		h   any
		cfg handlers.WebhookConfig
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		fmt.Fprintf(&shown, verb+verb+verb+verb, h, cfg, holder{h, cfg}, secrets)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		fmt.Fprintf(&shown, verb, a.events)
	}
	all := shown.String()
	for _, hidden := range append(signatures, "MDEyMzQ1", "0123456789abcdef", fmt.Sprintf("%x", "0123456789abcdef"), "[48 49 50 51", "424242", fmt.Sprintf("%x", "424242")) {
		if strings.Contains(all, hidden) {
			t.Errorf("%q is in %s", hidden, all)
		}
	}
}
