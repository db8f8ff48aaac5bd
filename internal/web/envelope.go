package web

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/usherauth/usher/internal/strictjson"
	"github.com/usherauth/usher/wire"
)

// WriteErrors answers with the error envelope. traceID appears in the body and in the
// Clerk-Trace-Id header; "" leaves both out. An entry without a long message repeats
// its message.
func WriteErrors(w http.ResponseWriter, status int, traceID string, errs ...wire.Error) {
	errs = slices.Clone(errs) // the caller's may be shared
	for i := range errs {
		if errs[i].LongMessage == "" {
			errs[i].LongMessage = errs[i].Message
		}
	}
	if traceID != "" {
		w.Header().Set(wire.HeaderTraceID, traceID)
	}
	WriteJSON(w, status, wire.Errors{Errors: errs, TraceID: traceID})
}

// WriteJSON answers with v. The content type is exactly application/json, because the
// reference client drops error details behind a charset (protocol reference 7.1). Angle
// brackets stay as they are: the type and nosniff keep browsers from reading it as HTML,
// and escaped they would be six times as long as what a limit counted.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	body, err := strictjson.Encode(v)
	if err != nil { // only a type that cannot be encoded; nothing was sent yet
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that went away is its own affair
}

// NewTraceID returns 128 random bits in hexadecimal.
func NewTraceID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
