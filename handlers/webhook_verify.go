package handlers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// Limits of a webhook's headers, so that what strangers send stays cheap. An id of the
// service has 31 characters, and there is one signature for each secret in use.
const (
	webhookWindow     = 5 * time.Minute
	maxWebhookID      = 256  // bytes
	maxSignatureField = 1024 // bytes
	maxSignatures     = 10
	maxSecrets        = 8
)

// Keys of HMAC-SHA256 signatures, in bytes (Standard Webhooks 1.0.0, signature scheme).
const (
	minWebhookKey = 24
	maxWebhookKey = 64
)

// badWebhook is why a webhook was refused, and the answer to its sender.
type badWebhook struct {
	status     int
	code, text string
}

// Error implements error.
func (e *badWebhook) Error() string { return "handlers: webhook refused: " + e.text }

const codeWebhookRefused = "webhook_verification_failed"

var (
	errWebhookHeaders   = &badWebhook{http.StatusBadRequest, codeWebhookRefused, "svix-id, svix-timestamp and svix-signature are needed, each of them once."}
	errWebhookMalformed = &badWebhook{http.StatusBadRequest, codeWebhookRefused, "svix-id, svix-timestamp or svix-signature is not what a webhook has."}
	errWebhookTime      = &badWebhook{http.StatusBadRequest, codeWebhookRefused, "The timestamp is more than five minutes from this server's time."}
	errWebhookSignature = &badWebhook{http.StatusBadRequest, codeWebhookRefused, "No signature matches. Check that the signing secret of this endpoint is the one configured, and that nothing on the way changes the body."}
)

// VerifyWebhook reports whether body was sent as a webhook, within five minutes of now, by
// somebody who has one of secrets ("whsec_…"): a nil error says so. body is what arrived,
// byte by byte; decoded and encoded again it no longer fits the signature. now is when it
// arrived. A message whose headers are missing, repeated or malformed is refused, and so
// is one that is more than five minutes old or ahead (protocol reference 9). The error says
// why and contains no secret.
//
// Use it where [NewWebhook] does not fit, such as behind a queue. It does not notice that
// the same message comes twice, and does not look at what body says.
func VerifyWebhook(header http.Header, body []byte, now time.Time, secrets ...wire.Secret) error {
	keys, err := webhookKeys(secrets)
	if err != nil {
		return err
	}
	d, bad := readDelivery(header)
	if bad == nil {
		bad = d.verify(keys, body, now)
	}
	if bad != nil {
		return bad
	}
	return nil
}

// delivery is what the headers of a webhook say.
type delivery struct {
	id, timestamp, signatures string
	seconds                   int64 // timestamp
}

// readDelivery reads the headers without believing them.
func readDelivery(header http.Header) (delivery, *badWebhook) {
	d := delivery{
		id: one(header, wire.HeaderWebhookID), timestamp: one(header, wire.HeaderWebhookTimestamp),
		signatures: one(header, wire.HeaderWebhookSignature),
	}
	if d.id == "" || d.timestamp == "" || d.signatures == "" {
		return delivery{}, errWebhookHeaders
	}
	seconds, err := strconv.ParseUint(d.timestamp, 10, 40) // digits alone; 40 bits last 34,000 years
	if err != nil || !plainID(d.id) || len(d.signatures) > maxSignatureField || strings.Count(d.signatures, " ") >= maxSignatures {
		return delivery{}, errWebhookMalformed
	}
	d.seconds = int64(seconds)
	return d, nil
}

// one is the value of a field that is there once, and "" otherwise: of two values, others
// might have checked the one that is not used here.
func one(header http.Header, name string) string {
	if values := header.Values(name); len(values) == 1 {
		return strings.Trim(values[0], " \t")
	}
	return ""
}

// plainID reports an id that can be signed, kept and logged. With a full stop in it the
// signed string could be cut in two ways (Standard Webhooks 1.0.0, signature scheme).
func plainID(id string) bool {
	return len(id) <= maxWebhookID && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '.' })
}

// timely checks the timestamp, in whole seconds as the reference does.
func (d delivery) timely(now time.Time) *badWebhook {
	const window = int64(webhookWindow / time.Second)
	if age := now.Unix() - d.seconds; age > window || age < -window {
		return errWebhookTime
	}
	return nil
}

// verify checks the timestamp, and the signatures against every key.
func (d delivery) verify(keys []wire.Secret, body []byte, now time.Time) *badWebhook {
	if bad := d.timely(now); bad != nil {
		return bad
	}
	for _, key := range keys {
		if d.signedBy(key, body) {
			return nil
		}
	}
	return errWebhookSignature
}

// signedBy reports whether one of the v1 signatures was made with key. They are compared
// as they are spelled, in constant time: another spelling of the same bytes is another
// signature. Other versions are passed over.
func (d delivery) signedBy(key wire.Secret, body []byte) bool {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(d.id + "." + d.timestamp + ".")) // a hash never fails
	mac.Write(body)
	want := base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
	match := false
	for entry := range strings.SplitSeq(d.signatures, " ") {
		if given, ok := strings.CutPrefix(entry, "v1,"); ok && hmac.Equal([]byte(given), want) {
			match = true
		}
	}
	return match
}

// webhookKeys decodes secrets; the bytes of a key are as secret as its spelling. The error
// joins every mistake and contains no secret.
func webhookKeys(secrets []wire.Secret) ([]wire.Secret, error) {
	var errs []error
	if len(secrets) == 0 {
		errs = append(errs, errors.New("handlers: no webhook signing secret: copy the one that begins with whsec_ from the endpoint's page"))
	}
	if len(secrets) > maxSecrets {
		errs = append(errs, fmt.Errorf("handlers: %d webhook signing secrets, at most %d are tried", len(secrets), maxSecrets))
	}
	keys := make([]wire.Secret, 0, len(secrets))
	for i, secret := range secrets {
		key, err := webhookKey(secret.Reveal())
		if err != nil {
			errs = append(errs, fmt.Errorf("handlers: webhook signing secret %d of %d %w", i+1, len(secrets), err))
			continue
		}
		keys = append(keys, wire.NewSecret(string(key)))
	}
	return keys, errors.Join(errs...)
}

func webhookKey(secret string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret, wire.WebhookSecretPrefix)
	switch {
	case secret == "":
		return nil, errors.New("is empty: copy the one that begins with whsec_ from the endpoint's page")
	case strings.ContainsAny(secret, " \t\r\n"): // the decoder would pass over line breaks
		return nil, errors.New("contains white space: copy it again without line breaks")
	case !ok:
		return nil, errors.New("does not begin with whsec_: it is not the secret or public key of the instance, and is different for each endpoint")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	switch {
	case err != nil: // its text would show a part of the secret
		return nil, errors.New("is not base64 after whsec_: copy the whole secret")
	case len(key) < minWebhookKey:
		return nil, fmt.Errorf("is too short: it has %d bytes after whsec_, at least %d are needed; copy the whole secret", len(key), minWebhookKey)
	case len(key) > maxWebhookKey:
		return nil, fmt.Errorf("is too long: it has %d bytes after whsec_, at most %d are allowed", len(key), maxWebhookKey)
	}
	return key, nil
}
