package authctx_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// wireReasons are the values of all reasons that package wire declares, read from its
// source so that none can be forgotten.
func wireReasons(t *testing.T) (list []wire.Reason) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../wire/reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Reason" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, wire.Reason(value))
		}
		return true
	})
	if len(list) < 30 {
		t.Fatalf("only %d reasons found", len(list))
	}
	return list
}

// refreshTails are the ways a refresh can fail (protocol reference 4.7).
var refreshTails = []string{
	"non-eligible-no-refresh-cookie", "non-eligible-non-get", "missing-api-client", "missing-session-token", "missing-refresh-token",
	"expired-session-token-decode-failed", "expired-session-token-missing-sid-claim", "invalid-session-token", "fetch-error",
	"unexpected-sdk-error", "unexpected-bapi-error", "refresh_token_not_found", "session_refresh_session_token_ineligible",
	"session_refresh_inactive_session", "refresh_request_origin_azp_mismatch",
}

func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	reasons := wireReasons(t)
	for _, tail := range refreshTails {
		reasons = append(reasons, wire.ReasonSessionExpired+"-refresh-"+wire.Reason(tail))
	}
	seen := map[string]wire.Reason{}
	for _, reason := range reasons {
		why, do, known := authctx.ExplainReason(reason)
		if !known {
			t.Errorf("%s has no words of its own", reason)
		}
		for _, text := range []string{why, do} {
			if len(text) < 12 || !strings.HasSuffix(text, ".") || strings.ToUpper(text[:1]) != text[:1] || strings.Contains(text, "  ") {
				t.Errorf("%s: %q is not a sentence", reason, text)
			}
		}
		if other, ok := seen[why]; ok {
			t.Errorf("%s and %s have the same words", reason, other)
		}
		seen[why] = reason
	}
}

func TestReasonsOfOthersAreExplainedInGeneral(t *testing.T) {
	t.Parallel()
	for _, reason := range []wire.Reason{"session-token-expired-refresh-new_code\n<b>", "something-new\x1b"} {
		why, do, known := authctx.ExplainReason(reason)
		if known || do == "" || strings.ContainsAny(why, "\n\x1b") || !strings.Contains(why, "new") {
			t.Errorf("%q: %q, %q, %v", reason, why, do, known)
		}
	}
}

// TestExplainAnotherInstancesCookie: what is left in the browser from another instance on
// the same host is not "no session".
func TestExplainAnotherInstancesCookie(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.Development = true
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e := environments["development"]
	for cookie, want := range map[string]string{
		"__session=" + e.token(t, firstKey(), nil) + "; __client_uat=1": "another instance's",
		"theme=dark": "sent no session",
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		req.Header.Set("Cookie", cookie)
		a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got := authctx.Explain(r.Context()); !strings.Contains(got.Why, want) || got.Do == "" {
				t.Errorf("%.20s: %+v", cookie, got)
			}
		})).ServeHTTP(httptest.NewRecorder(), req)
	}
}

func TestExplainWithoutMiddleware(t *testing.T) {
	t.Parallel()
	for name, ctx := range map[string]context.Context{
		"nil": nil, "background": t.Context(), "an identity alone": authctx.NewContext(t.Context(), nil),
	} {
		e := authctx.Explain(ctx)
		if !strings.Contains(e.Why, "middleware") || !strings.Contains(e.Do, "auth.Handler") || e.Observed {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestExplainTellsStatesApart(t *testing.T) {
	t.Parallel()
	a := developing(t)
	for _, tt := range []struct {
		name, why, do string
		req           *http.Request
	}{
		{"signed in", "You are signed in", "", script(t)},
		{"pending", "session is pending", "finish the task", script(t, authtest.Claim("sts", "pending"))},
		{"signed out", "sent no session", "Sign in", script(t, authtest.SignedOut())},
		{"another origin", "another origin", "every origin", script(t, authtest.Claim("azp", "https://other.example"))},
		{"expired", "no refresh cookie", "getToken", script(t, authtest.At(time.Now().Add(-time.Hour)))},
	} {
		e, _ := explained(a, tt.req)
		if !strings.Contains(e.Why, tt.why) || !strings.Contains(e.Do, tt.do) || (e.Do == "") != (tt.do == "") {
			t.Errorf("%s: %q %q", tt.name, e.Why, e.Do)
		}
	}
}

// TestExplainMachineTokens: they prove who is there without signing anybody in.
func TestExplainMachineTokens(t *testing.T) {
	t.Parallel()
	a := accepting(t, &machineService{answer: answers200}, wire.TokenAPIKey)
	e, _ := explained(a, withToken(t, "ak_1"))
	if e.Record.Status != wire.StatusSignedIn || !strings.Contains(e.Why, "machine token (api_key)") || !strings.Contains(e.Do, "Accept") {
		t.Errorf("%+v", e)
	}
}

// TestH01_ExplainMakesTheResponsePrivate: what was explained is about one visitor.
func TestH01_ExplainMakesTheResponsePrivate(t *testing.T) {
	t.Parallel()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	a.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		_ = authctx.Explain(r.Context())
	})).ServeHTTP(rec, authtest.NewRequest(t, "GET", "/"))
	if got := rec.Header().Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control %q", got)
	}
}

func ExampleExplain() {
	http.HandleFunc("/why", func(w http.ResponseWriter, r *http.Request) {
		e := authctx.Explain(r.Context())
		_, _ = w.Write([]byte(e.Why + " " + e.Do))
	})
}
