package authctx_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestA15_StrangersDoNotFillTheLog: whatever is sent, the log says at Warn one line a
// second at most.
func TestA15_StrangersDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	old := payload(t, "__session="+authtest.Token(t, authtest.At(time.Now().Add(-time.Hour))))
	var log bytes.Buffer
	cfg := authtest.Config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg.Now = func() time.Time { return time.Unix(1_800_000_000, 0) }
	cfg.SecretKey, cfg.Transport = "sk_test_x", &upstream{answer: func(int64) (int, string, error) { return 500, "", nil }}
	for _, live := range []bool{true, false} {
		c := cfg
		if !live {
			c.PublishableKey = "pk_test_Y2xlcmsuYXV0aHRlc3QuZXhhbXBsZS5jb20k"
		}
		a, err := authctx.New(c)
		if err != nil {
			t.Fatal(err)
		}
		log.Reset()
		expired := authtest.Token(t, authtest.At(time.Unix(1_800_000_000, 0).Add(-time.Hour)))
		for _, cookie := range []string{
			"__clerk_handshake=garbage", "__clerk_handshake=a.b.c", "__clerk_handshake=" + old, "__clerk_handshake_nonce=x",
			"__session_" + suffix + "=" + expired + "; __client_uat_" + suffix + "=1; __refresh_" + suffix + "=r",
		} {
			for range 20 {
				req := httptest.NewRequest("GET", "/", nil)
				cookies(cookie)(req)
				askWith(a, req)
			}
		}
		if n := strings.Count(log.String(), "level=WARN"); n > 2 {
			t.Errorf("live %v: %d lines:\n%s", live, n, log.String())
		}
	}
}
