package authctx

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/usherauth/usher/wire"
)

// reveal tells a developer's browser how the request was decided, in the panel that
// shows Server-Timing and in the reference's own header fields (protocol reference 4.2).
// It is for development: the fields would tell strangers why they were refused, and
// shared caches would keep them.
func (rec *Record) reveal(h http.Header) {
	h.Set(wire.HeaderAuthStatus, rec.Status)
	if rec.Reason != "" {
		h.Set(wire.HeaderAuthReason, printable(string(rec.Reason)))
	}
	h.Add("Server-Timing", rec.serverTiming())
}

// serverTiming is one metric, its duration in milliseconds:
//
//	auth;desc="signed-in; cookie; cache hit";dur=0.003
func (rec *Record) serverTiming() string {
	parts := []string{rec.Status, rec.Source}
	if rec.Reason != "" {
		parts = append(parts, printable(string(rec.Reason)))
	}
	if rec.CacheHit {
		parts = append(parts, "cache hit")
	}
	dur := strconv.FormatFloat(rec.Took.Seconds()*1000, 'f', 3, 64)
	return "auth;desc=" + quotedString(strings.Join(parts, "; ")) + ";dur=" + dur
}

// quotedString writes printable ASCII as RFC 9110 §5.6.4 wants it.
func quotedString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
