package authctx_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// TestM01_RouteBypass sends raw request targets to a server whose protection is attached
// to the routes themselves, with nothing but net/http's own router.
func TestM01_RouteBypass(t *testing.T) {
	t.Parallel()
	var file struct {
		Cases []struct{ Target, Expect, Note string }
	}
	load(t, "routes.json", &file)
	addr := serveRoutes(t)
	for _, c := range file.Cases {
		status, body := rawGet(t, addr, c.Target)
		if strings.Contains(body, "PROTECTED") {
			t.Errorf("%s (%s): %s with protected content", c.Target, c.Note, status)
		}
		if c.Expect == "open" && !strings.Contains(body, "OPEN") {
			t.Errorf("%s (%s): %s, want it open", c.Target, c.Note, status)
		}
	}
}

func serveRoutes(t *testing.T) string {
	t.Helper()
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	say := func(word string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, word) })
	}
	mux := http.NewServeMux()
	mux.Handle("/admin/", authctx.RequirePage()(say("PROTECTED")))
	mux.Handle("/admin", authctx.RequirePage()(say("PROTECTED")))
	mux.Handle("/api/private/", authctx.RequireAPI()(say("PROTECTED")))
	mux.Handle("/", say("OPEN"))
	srv := httptest.NewServer(a.Handler(mux))
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// rawGet sends target byte for byte, as no client library would.
func rawGet(t *testing.T, addr, target string) (status, body string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: app.example.test\r\nConnection: close\r\n\r\n", target); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "connection closed", ""
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.Status, string(b)
}
