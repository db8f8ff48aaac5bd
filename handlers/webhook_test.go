package handlers_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

// TestP11_Vector holds protocol reference 11.5.
func TestP11_Vector(t *testing.T) {
	t.Parallel()
	header := http.Header{
		"Svix-Id": {"msg_1"}, "Svix-Timestamp": {"1700000000"},
		"Svix-Signature": {"v1,rkwp5YuvdrMkcu0ZhuMsXoTg44mHAr1Q0+FFgFpXsjY="},
	}
	secret, now := wire.NewSecret(hookSecret), time.Unix(1_700_000_000, 0)
	if err := handlers.VerifyWebhook(header, []byte(`{"a":1}`), now, secret); err != nil {
		t.Error(err)
	}
	for _, body := range []string{`{"a":2}`, `{"a":1} `, `{"a": 1}`, ``, "\ufeff" + `{"a":1}`} {
		if err := handlers.VerifyWebhook(header, []byte(body), now, secret); err == nil {
			t.Errorf("the signature fits %q", body)
		}
	}
}

func set(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// signed replaces the signature; s is made from the id, timestamp and body of the request.
func signed(s func(id, timestamp, body string) string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set(wire.HeaderWebhookSignature, s(r.Header.Get(wire.HeaderWebhookID), r.Header.Get(wire.HeaderWebhookTimestamp), hookBody))
	}
}

func genuine(id, timestamp, body string) string {
	return sign(hookKey(hookSecret), id, timestamp, body)
}

// at signs another time, given as it is spelled in the header.
func at(timestamp string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set(wire.HeaderWebhookTimestamp, timestamp)
		signed(genuine)(r)
	}
}

func named(id string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header[wire.HeaderWebhookID] = []string{id}
		signed(genuine)(r)
	}
}

// with signs another body.
func with(body string) func(*http.Request) {
	return func(r *http.Request) { *r = *delivery("msg_1", body) }
}

func twice(name string, second func(first string) string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(name, second(r.Header.Get(name))) }
}

func other(string) string { return "v1," + strings.Repeat("A", 43) + "=" }

func same(s string) string { return s }

// keyed signs with another hash or key.
func keyed(h func() hash.Hash, key string) func(*http.Request) {
	return signed(func(id, timestamp, body string) string {
		mac := hmac.New(h, []byte(key))
		mac.Write([]byte(id + "." + timestamp + "." + body))
		return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	})
}

// respelled signs rightly and spells the signature differently.
func respelled(f func(signature string) string) func(*http.Request) {
	return signed(func(id, timestamp, body string) string { return f(genuine(id, timestamp, body)) })
}

// TestP11_OnlyGenuineWebhooksHaveAnEffect changes one thing at a time about a genuine
// message.
func TestP11_OnlyGenuineWebhooksHaveAnEffect(t *testing.T) {
	t.Parallel()
	raw := string(hookKey(hookSecret))
	for _, tt := range []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"a genuine message", func(*http.Request) {}, 204},
		{"exactly five minutes old", at(fmt.Sprint(hookTime - 300)), 204},
		{"exactly five minutes ahead", at(fmt.Sprint(hookTime + 300)), 204},
		{"the right signature after a wrong one", respelled(func(s string) string { return other("") + " " + s }), 204},
		{"the right signature before a wrong one", respelled(func(s string) string { return s + " " + other("") }), 204},
		{"signatures of other versions beside it", respelled(func(s string) string { return "v1a,AAAA v2,BBBB " + s }), 204},
		{"ten signatures", respelled(func(s string) string { return strings.Repeat(other("")+" ", 9) + s }), 204},
		{"spaces around a value", respelled(func(s string) string { return " " + s + "\t" }), 204},

		{"no id", func(r *http.Request) { r.Header.Del(wire.HeaderWebhookID) }, 400},
		{"no timestamp", func(r *http.Request) { r.Header.Del(wire.HeaderWebhookTimestamp) }, 400},
		{"no signature", func(r *http.Request) { r.Header.Del(wire.HeaderWebhookSignature) }, 400},
		{"an empty id", named(""), 400},
		{"an empty timestamp", at(""), 400},
		{"an empty signature", set(wire.HeaderWebhookSignature, ""), 400},
		{"the standard's names instead", func(r *http.Request) {
			for _, field := range []string{"Id", "Timestamp", "Signature"} {
				r.Header.Set("Webhook-"+field, r.Header.Get("Svix-"+field))
				r.Header.Del("Svix-" + field)
			}
		}, 400},

		{"a second id", twice(wire.HeaderWebhookID, same), 400},
		{"a second timestamp", twice(wire.HeaderWebhookTimestamp, same), 400},
		{"a second signature, the same", twice(wire.HeaderWebhookSignature, same), 400},
		{"a second signature, another", twice(wire.HeaderWebhookSignature, other), 400},
		{"a second signature that is right", func(r *http.Request) {
			right := r.Header.Get(wire.HeaderWebhookSignature)
			r.Header[wire.HeaderWebhookSignature] = []string{other(""), right}
		}, 400},
		{"eleven signatures", respelled(func(s string) string { return strings.Repeat(other("")+" ", 10) + s }), 400},
		{"eleven signatures, the right one first", respelled(func(s string) string { return s + strings.Repeat(" v9,x", 10) }), 400},
		{"a thousand spaces", respelled(func(s string) string { return "x" + strings.Repeat(" ", 1000) + s }), 400},
		{"a signature field of more than 1024 bytes", respelled(func(s string) string { return s + " v2," + strings.Repeat("x", 1024) }), 400},

		{"five minutes and a second old", at(fmt.Sprint(hookTime - 301)), 400},
		{"five minutes and a second ahead", at(fmt.Sprint(hookTime + 301)), 400},
		{"signed at the beginning of time", at("0"), 400},
		{"milliseconds", at(fmt.Sprint(hookTime * 1000)), 400},
		{"a time out of range", at("99999999999999999999999999"), 400},
		{"a time that wraps around", at("18446744073709551616"), 400},
		{"a signed time", at("+1700000000"), 400},
		{"a time below zero", at("-1700000000"), 400},
		{"a time with text behind it", at("1700000000abc"), 400},
		{"a time in another notation", at("1.7e9"), 400},
		{"a time with underscores", at("1_700_000_000"), 400},
		{"a time in other digits", at("١٧٠٠٠٠٠٠٠٠"), 400},
		{"no number", at("NaN"), 400},

		{"an id that was not signed", set(wire.HeaderWebhookID, "msg_2"), 400},
		{"a timestamp that was not signed", set(wire.HeaderWebhookTimestamp, fmt.Sprint(hookTime+1)), 400},
		{"an id with a full stop", named("msg.1"), 400},
		{"an id with a line break", named("msg_1\nlevel=ERROR"), 400},
		{"an id outside ASCII", named("msg_é"), 400},
		{"an id that is too long", named("msg_" + strings.Repeat("x", 253)), 400},

		{"a wrong signature", set(wire.HeaderWebhookSignature, other("")), 400},
		{"no version", respelled(func(s string) string { return strings.TrimPrefix(s, "v1,") }), 400},
		{"another version", respelled(func(s string) string { return strings.Replace(s, "v1,", "v2,", 1) }), 400},
		{"the version of public keys", respelled(func(s string) string { return strings.Replace(s, "v1,", "v1a,", 1) }), 400},
		{"the version in capitals", respelled(func(s string) string { return strings.Replace(s, "v1,", "V1,", 1) }), 400},
		{"a version and nothing", set(wire.HeaderWebhookSignature, "v1,"), 400},
		{"versions and nothing", set(wire.HeaderWebhookSignature, "v1 v1, ,"), 400},
		{"half of a signature", respelled(func(s string) string { return s[:len(s)/2] }), 400},
		{"more than a signature", respelled(func(s string) string { return s + "A" }), 400},
		{"no padding", respelled(func(s string) string { return strings.TrimSuffix(s, "=") }), 400},
		{"other bits in the padding", respelled(func(s string) string { return s[:len(s)-2] + string(s[len(s)-2]+1) + "=" }), 400},
		{"the signature in hexadecimal", respelled(func(s string) string {
			sum, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "v1,"))
			return "v1," + hex.EncodeToString(sum)
		}), 400},
		{"signatures with commas between them", respelled(func(s string) string { return other("") + "," + s }), 400},
		{"SHA-1", keyed(sha1.New, raw), 400},
		{"SHA-512", keyed(sha512.New, raw), 400},
		{"signed with no key", signed(func(id, ts, body string) string { return sign(nil, id, ts, body) }), 400},
		{"signed with the secret as it is written", signed(func(id, ts, body string) string { return sign([]byte(hookSecret), id, ts, body) }), 400},
		{"signed with the body alone", signed(func(_, _, body string) string { return sign(hookKey(hookSecret), "", "", body) }), 400},

		{"another body", func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(strings.Replace(hookBody, "user_1", "user_2", 1)))
		}, 400},
		{"a longer body", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(hookBody + " ")) }, 400},
		{"a shorter body", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(hookBody[1:])) }, 400},
		{"the same JSON, encoded again", func(r *http.Request) {
			var v any
			_ = json.Unmarshal([]byte(hookBody), &v)
			again, _ := json.Marshal(v)
			r.Body = io.NopCloser(strings.NewReader(string(again)))
		}, 400},

		{"signed nothing", with(""), 400},
		{"signed text", with("hello"), 400},
		{"a signed list", with("[" + hookBody + "]"), 400},
		{"two signed events", with(hookBody + hookBody), 400},
		{"signed null", with("null"), 400},
		{"another signed object", with(`{"object":"user","type":"user.created","data":{}}`), 400},
		{"a signed event without a type", with(`{"object":"event","data":{}}`), 400},
		{"a signed event without data", with(`{"object":"event","type":"user.created"}`), 400},
		{"a signed event about null", with(`{"object":"event","type":"user.created","data":null}`), 400},

		{"GET", func(r *http.Request) { r.Method = http.MethodGet }, 405},
		{"HEAD", func(r *http.Request) { r.Method = http.MethodHead }, 405},
		{"PUT", func(r *http.Request) { r.Method = http.MethodPut }, 405},
		{"OPTIONS", func(r *http.Request) { r.Method = http.MethodOptions }, 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var a app
			h := a.hook(t, handlers.WebhookConfig{})
			r := delivery("msg_1", hookBody)
			tt.change(r)
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if rec.Code != tt.status {
				t.Errorf("status %d, want %d: %s", rec.Code, tt.status, rec.Body)
			}
			if calls := a.calls(); (calls == 1) != (tt.status == 204) || calls > 1 {
				t.Errorf("status %d with %d calls", rec.Code, calls)
			}
			if allow := rec.Header().Get("Allow"); (allow == http.MethodPost) != (tt.status == 405) {
				t.Errorf("Allow is %q with status %d", allow, rec.Code)
			}
			// What was refused leaves no trace that would keep the genuine message out.
			if tt.status != 204 {
				if status := send(h, delivery("msg_1", hookBody)); status != 204 || a.calls() != 1 {
					t.Errorf("the genuine message afterwards: status %d, %d calls", status, a.calls())
				}
			}
		})
	}
}

func TestP11_Rotation(t *testing.T) {
	t.Parallel()
	fresh := "whsec_" + base64.StdEncoding.EncodeToString([]byte("another key of thirty-two bytes."))
	both := []wire.Secret{wire.NewSecret(fresh), wire.NewSecret(hookSecret)}
	for _, tt := range []struct {
		name    string
		secrets []wire.Secret
		key     string
		status  int
	}{
		{"the old secret, while both count", both, hookSecret, 204},
		{"the new one, while both count", both, fresh, 204},
		{"the old one, afterwards", both[:1], hookSecret, 400},
		{"the new one, afterwards", both[:1], fresh, 204},
	} {
		var a app
		r := delivery("msg_1", hookBody)
		r.Header.Set(wire.HeaderWebhookSignature, sign(hookKey(tt.key), "msg_1", fmt.Sprint(hookTime), hookBody))
		if status := send(a.hook(t, handlers.WebhookConfig{Secrets: tt.secrets}), r); status != tt.status || (a.calls() == 1) != (status == 204) {
			t.Errorf("%s: status %d with %d calls, want %d", tt.name, status, a.calls(), tt.status)
		}
	}
}

// The answer to a failure of the app says nothing of it, not even when the failure is
// that another webhook was refused.
func TestP11_FailuresAreSentAgain(t *testing.T) {
	t.Parallel()
	for _, fail := range []error{
		errors.New("sqlite: disk I/O error at store.go:12"),
		context.Canceled,
		fmt.Errorf("passed on: %w", handlers.VerifyWebhook(http.Header{}, nil, time.Unix(0, 0), wire.NewSecret(hookSecret))),
	} {
		a := app{fail: fail}
		h := a.hook(t, handlers.WebhookConfig{})
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, delivery("msg_1", hookBody))
		var answer wire.Errors
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || len(answer.Errors) != 1 || answer.TraceID == "" {
			t.Errorf("answer %s (%v)", rec.Body, err)
		}
		if rec.Code != 500 || strings.Contains(rec.Body.String(), fail.Error()) {
			t.Errorf("%v: %d %s", fail, rec.Code, rec.Body)
		}
		a.fail = nil
		if status := send(h, delivery("msg_1", hookBody)); status != 204 || a.calls() != 2 {
			t.Errorf("sent again: status %d, %d calls", status, a.calls())
		}
	}
}
