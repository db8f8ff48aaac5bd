package authctx_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// explained is askWith, returning what Explain says to the handler.
func explained(a *authctx.Authenticator, req *http.Request) (e authctx.Explanation, header http.Header) {
	rec := httptest.NewRecorder()
	a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { e = authctx.Explain(r.Context()) })).ServeHTTP(rec, req)
	return e, rec.Header()
}

func developing(t testing.TB, change ...func(*authctx.Config)) *authctx.Authenticator {
	t.Helper()
	cfg := authtest.Config(t)
	cfg.Development = true
	for _, c := range change {
		c(&cfg)
	}
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func script(t testing.TB, opts ...authtest.Option) *http.Request {
	t.Helper()
	r := authtest.NewRequest(t, "GET", "/", opts...)
	r.Header.Set("Sec-Fetch-Dest", "empty")
	return r
}

func TestRecordNamesTheSource(t *testing.T) {
	t.Parallel()
	a := developing(t)
	plain := httptest.NewRequest("GET", "/", nil)
	cookies("__session="+authtest.Token(t), fmt.Sprint("__client_uat=", time.Now().Unix()-5))(plain)
	returned := httptest.NewRequest("GET", "/", nil)
	cookies("__clerk_handshake=" + payload(t, "__session="+authtest.Token(t)+"; Path=/"))(returned)
	empty := httptest.NewRequest("GET", "/", nil)
	cookies("__clerk_handshake=" + payload(t, "__session=; Path=/"))(empty)
	for _, tt := range []struct {
		name           string
		req            *http.Request
		source, status string
		reason         wire.Reason
	}{
		{"a token in the header", script(t, authtest.Bearer()), "header", "signed-in", ""},
		{"the instance's own cookies", script(t), "suffixed cookie", "signed-in", ""},
		{"plain cookies", plain, "cookie", "signed-in", ""},
		{"a handshake's answer", returned, "handshake", "signed-in", ""},
		{"a handshake's answer of nobody", empty, "handshake", "signed-out", wire.ReasonSessionTokenMissing},
		{"nothing", script(t, authtest.SignedOut()), "none", "signed-out", wire.ReasonSessionAndUATMissing},
	} {
		e, _ := explained(a, tt.req)
		if e.Record.Source != tt.source || e.Record.Status != tt.status || e.Record.Reason != tt.reason || !e.Observed {
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
}

// TestRecordOfARefresh renews an expired session from server to server.
func TestRecordOfARefresh(t *testing.T) {
	t.Parallel()
	now := time.Now()
	line := "__session=" + authtest.Token(t, authtest.At(now)) + "; Path=/"
	a := developing(t, func(cfg *authctx.Config) {
		cfg.SecretKey = "sk_live_refresh"
		cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
			body, _ := json.Marshal(map[string]any{"object": "cookies", "cookies": []string{line}})
			rec := httptest.NewRecorder()
			rec.Header().Set("Content-Type", "application/json")
			_, _ = rec.Write(body)
			return rec.Result(), nil
		})
	})
	req := script(t, authtest.At(now.Add(-time.Hour)))
	cookies("__refresh_" + suffix + "=r")(req)
	e, _ := explained(a, req)
	if e.Record.Source != "refresh" || e.Record.Status != wire.StatusSignedIn || e.Record.CacheHit || e.Record.Skew > time.Minute {
		t.Errorf("%+v", e.Record)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRecordMeasures(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	tick := now
	a := developing(t, func(cfg *authctx.Config) {
		cfg.Now = func() time.Time { tick = tick.Add(time.Millisecond); return tick }
	})
	req := script(t, authtest.At(now.Add(-20*time.Second)))
	cookies("__clerk_redirect_count=2")(req)
	first, _ := explained(a, req.Clone(t.Context()))
	again, _ := explained(a, req.Clone(t.Context()))
	if first.Record.CacheHit || !again.Record.CacheHit {
		t.Errorf("cache hit: first %v, again %v", first.Record.CacheHit, again.Record.CacheHit)
	}
	rec := again.Record
	if rec.Kid != "ins_authtest" || rec.Redirects != 2 || rec.Took <= 0 || rec.Took > time.Second {
		t.Errorf("%+v", rec)
	}
	if d := rec.Skew - 20*time.Second; d < 0 || d > time.Second || !rec.IssuedAt.Equal(now.Add(-20*time.Second)) {
		t.Errorf("skew %v, issued at %v", rec.Skew, rec.IssuedAt)
	}
	if rec.ClientUAT.IsZero() || rec.ClientUAT.After(rec.IssuedAt) {
		t.Errorf("client uat %v", rec.ClientUAT)
	}
	ahead, _ := explained(a, script(t, authtest.At(now.Add(time.Hour))))
	if ahead.Record.Skew > -59*time.Minute || ahead.Record.Reason != wire.ReasonSessionNotActiveYet {
		t.Errorf("a token of the future: %+v", ahead.Record)
	}
}

func TestRecordKnowsTheAgeOfTheKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sets map[string]string
		u := &upstream{answer: func(int64) (int, string, error) { return 200, sets["main"], nil }}
		a, tok, s := keyed(t, u, func(cfg *authctx.Config) { cfg.Development = true })
		sets = s
		req := httptest.NewRequest("GET", "/", nil)
		header("Authorization", "Bearer "+tok("ok-base"))(req)
		if e, _ := explained(a, req); e.Record.KeyAge != 0 || e.Record.Status != wire.StatusSignedIn {
			t.Fatalf("at first: %+v", e.Record)
		}
		time.Sleep(time.Minute)
		if e, _ := explained(a, req); e.Record.KeyAge != time.Minute {
			t.Errorf("a minute later: %+v", e.Record)
		}
	})
}

func TestServerTimingInDevelopment(t *testing.T) {
	t.Parallel()
	a := developing(t)
	r := script(t)
	explained(a, r.Clone(t.Context()))
	_, h := explained(a, r)
	in := regexp.MustCompile(`^auth;desc="signed-in; suffixed cookie; cache hit";dur=\d+\.\d{3}$`)
	if got := h.Get("Server-Timing"); !in.MatchString(got) || h.Get(wire.HeaderAuthStatus) != "signed-in" || len(h[wire.HeaderAuthReason]) > 0 {
		t.Errorf("signed in: %q, %v", got, h)
	}
	_, h = explained(a, script(t, authtest.SignedOut()))
	if got := h.Get("Server-Timing"); !strings.Contains(got, `"signed-out; none; session-token-and-uat-missing"`) ||
		h.Get(wire.HeaderAuthStatus) != "signed-out" || h.Get(wire.HeaderAuthReason) != string(wire.ReasonSessionAndUATMissing) {
		t.Errorf("signed out: %q, %v", got, h)
	}
	navigation := authtest.NewRequest(t, "GET", "/", authtest.At(time.Now().Add(-time.Hour)))
	header("Sec-Fetch-Dest", "document")(navigation)
	redirect := askWith(a, navigation)
	if redirect.StatusCode != http.StatusTemporaryRedirect || !strings.Contains(redirect.Header.Get("Server-Timing"), `"handshake; `) {
		t.Errorf("handshake: %d %v", redirect.StatusCode, redirect.Header)
	}
}

// TestV03_ProductionSaysNothing: without Development no response tells how it was decided.
func TestV03_ProductionSaysNothing(t *testing.T) {
	t.Parallel()
	for _, req := range []*http.Request{script(t), script(t, authtest.SignedOut()), script(t, authtest.Bearer(), authtest.Claim("azp", "x"))} {
		h := ask(t, authtest.Config(t), req).Header
		for _, name := range []string{"Server-Timing", wire.HeaderAuthStatus, wire.HeaderAuthReason} {
			if len(h[name]) > 0 {
				t.Errorf("%s: %q", name, h[name])
			}
		}
	}
}

// logged decides req with a logger at Debug and returns its JSON lines.
func logged(t *testing.T, req *http.Request) (text string, records []map[string]any) {
	t.Helper()
	var log bytes.Buffer
	cfg := authtest.Config(t)
	cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ask(t, cfg, req)
	for line := range strings.Lines(log.String()) {
		var rec map[string]any
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if rec["msg"] == "request decided" {
			records = append(records, rec)
		}
	}
	return log.String(), records
}

func TestDecisionsAreLoggedOnce(t *testing.T) {
	t.Parallel()
	_, records := logged(t, script(t))
	if len(records) != 1 {
		t.Fatalf("%d records", len(records))
	}
	rec := records[0]
	if rec["level"] != "DEBUG" || rec["source"] != "suffixed cookie" || rec["status"] != "signed-in" || rec["reason"] != "" || rec["kid"] != "ins_authtest" {
		t.Errorf("%v", rec)
	}
	for _, name := range []string{"key_age", "cache_hit", "skew", "client_uat", "redirects", "took"} {
		if _, ok := rec[name]; !ok {
			t.Errorf("no %s in %v", name, rec)
		}
	}
}

func TestV02_RecordsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	tok := authtest.Token(t, authtest.Claim("email", "ada@example.com"))
	cookie, bearer := httptest.NewRequest("GET", "/", nil), httptest.NewRequest("GET", "/?__clerk_db_jwt=dvb_secret", nil)
	cookies("__session="+tok, "__client=client_secret", "__refresh_"+suffix+"=refresh_secret", "__client_uat=1")(cookie)
	header("Authorization", "Bearer "+tok)(bearer)
	for _, req := range []*http.Request{cookie, bearer} {
		text, records := logged(t, req)
		if len(records) != 1 {
			t.Errorf("%d records", len(records))
		}
		for _, secret := range []string{"eyJ", "client_secret", "refresh_secret", "dvb_secret", "ada@example.com", tok[len(tok)-40:]} {
			if strings.Contains(text, secret) {
				t.Errorf("the log holds %.20q:\n%s", secret, text)
			}
		}
	}
}

// TestJ04_X12_KidsOfStrangersInRecords: cut to 64 bytes, escaped, on one line and in no
// header field of their own making.
func TestJ04_X12_KidsOfStrangersInRecords(t *testing.T) {
	t.Parallel()
	for name, kid := range map[string]string{
		"a line break":  "x\r\nlevel=ERROR msg=owned",
		"an escape":     "\x1b[31mred",
		"a quote":       `"; DROP TABLE keys; --\`,
		"4 000 letters": strings.Repeat("k", 4000),
		"a bidi mark":   "a\u202eb",
		"half a rune":   strings.Repeat("é", 32) + "é",
	} {
		encoded, _ := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": kid})
		segment := base64.RawURLEncoding.EncodeToString
		forged := segment(encoded) + "." + segment([]byte(`{"sub":"user_1"}`)) + "." + segment(make([]byte, 256))
		req := httptest.NewRequest("GET", "/", nil)
		header("Authorization", "Bearer "+forged)(req)
		text, records := logged(t, req.Clone(t.Context()))
		if len(records) != 1 || strings.Count(text, "\n") != strings.Count(text, `"msg"`) {
			t.Fatalf("%s: log\n%s", name, text)
		}
		e, h := explained(developing(t), req)
		for _, got := range []string{e.Record.Kid, records[0]["kid"].(string), h.Get("Server-Timing")} {
			if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) || len(got) > 4*64 {
				t.Errorf("%s: %q", name, got)
			}
		}
		if e.Record.Kid == "" || strings.Contains(e.Record.Kid, strings.Repeat("k", 65)) {
			t.Errorf("%s: kid %q", name, e.Record.Kid)
		}
	}
}

// TestNobodyLookingKeepsNoRecord: what it costs then is in TestAllocations.
func TestNobodyLookingKeepsNoRecord(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil)) // at Info
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e, _ := explained(a, script(t))
	if e.Observed || e.Record != (authctx.Record{Status: wire.StatusSignedIn}) {
		t.Errorf("%+v", e)
	}
}

func TestAuthenticateLogsToo(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	cfg := authtest.Config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a.Authenticate(script(t))
	if got := strings.Count(log.String(), `msg="request decided"`); got != 1 {
		t.Errorf("%d records:\n%s", got, log.String())
	}
}
