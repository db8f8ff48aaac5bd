package handlers_test

import (
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

var (
	fuzzID      = regexp.MustCompile(`^[!-\-/-~]{1,256}$`)
	fuzzSeconds = regexp.MustCompile(`^[0-9]+$`)
)

// FuzzWebhookSignature compares the verifier with the rules written down a second time,
// in other means. With right, the genuine signature is appended to the field.
func FuzzWebhookSignature(f *testing.F) {
	right := genuine("msg_1", "1700000000", hookBody)
	for _, field := range []string{
		right, "", " ", "v1", "v1,", "v1,,", ",", other(""), "v1a,x " + right, right + " " + right, right + "," + right, right + "\n",
		strings.ToLower(right), "v1, " + right, strings.Repeat("v1,x ", 9) + right, strings.Repeat(" ", 9) + right, strings.Repeat("x", 1020),
	} {
		f.Add("msg_1", "1700000000", field, hookBody, false)
		f.Add("msg_1", "1700000000", field, hookBody, true)
	}
	for _, id := range []string{"", "msg.1", "msg_1 ", " msg_1", "msg\x00", "msg_\xff", strings.Repeat("m", 257), "1700000000.msg"} {
		f.Add(id, "1700000000", "", hookBody, true)
	}
	for _, timestamp := range []string{"", "1700000300", "1700000301", "1699999700", "1699999699", "+1700000000", "01700000000", "1.7e9", "18446744075409551616", "1700000000\t"} {
		f.Add("msg_1", timestamp, "", "", true)
	}
	now := time.Unix(hookTime, 0)
	f.Fuzz(func(t *testing.T, id, timestamp, field, body string, right bool) {
		trimmed := strings.Trim(field, " \t")
		trimmedID, trimmedTime := strings.Trim(id, " \t"), strings.Trim(timestamp, " \t")
		want := genuine(trimmedID, trimmedTime, body)
		if right {
			field = trimmed + " " + want
			trimmed = strings.Trim(field, " \t")
		}
		header := http.Header{wire.HeaderWebhookID: {id}, wire.HeaderWebhookTimestamp: {timestamp}, wire.HeaderWebhookSignature: {field}}
		err := handlers.VerifyWebhook(header, []byte(body), now, wire.NewSecret(hookSecret))

		entries := strings.Split(trimmed, " ")
		allowed := slices.Contains(entries, want) && len(entries) <= 10 && len(trimmed) <= 1024 &&
			fuzzID.MatchString(trimmedID) && timelySeconds(trimmedTime)
		if (err == nil) != allowed {
			t.Errorf("id %q, timestamp %q, signatures %q, body %q: %v, want allowed to be %v", id, timestamp, field, body, err, allowed)
		}
	})
}

// timelySeconds reports digits that are at most 300 away from hookTime.
func timelySeconds(s string) bool {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok || !fuzzSeconds.MatchString(s) {
		return false
	}
	return n.Sub(n, big.NewInt(hookTime)).CmpAbs(big.NewInt(300)) <= 0
}
