package web_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	web.WriteErrors(rec, 422, "trace", wire.Error{Code: wire.CodeParamMissing, Message: "is missing", Meta: &wire.ErrorMeta{ParamName: "password"}})
	if got := rec.Header().Get("Content-Type"); rec.Code != 422 || got != "application/json" {
		t.Errorf("status %d, content type %q", rec.Code, got)
	}
	var got wire.Errors
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.TraceID != "trace" || rec.Header().Get("Clerk-Trace-Id") != "trace" || got.Errors[0].LongMessage != "is missing" {
		t.Errorf("envelope %s", rec.Body)
	}
}

// Errors that are package variables are answered by many requests at once.
func TestWriteErrorsLeavesItsArgumentsAlone(t *testing.T) {
	t.Parallel()
	shared := []wire.Error{{Code: wire.CodeParamMissing, Message: "is missing"}}
	web.WriteErrors(httptest.NewRecorder(), 422, "", shared...)
	if shared[0].LongMessage != "" {
		t.Errorf("the argument became %+v", shared[0])
	}
}

func TestNewTraceID(t *testing.T) {
	t.Parallel()
	if a, b := web.NewTraceID(), web.NewTraceID(); a == b || len(a) != 32 {
		t.Errorf("trace ids %q and %q", a, b)
	}
}
