package handlers_test

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/handlers"
)

// breakOff begins a post of a hundred octets and leaves it at one. hangUp says that no more
// will come; otherwise the server's patience decides.
func breakOff(t *testing.T, addr, path string, hangUp bool) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(origin, "https://")+"\r\nOrigin: "+origin+
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na")
	if err == nil && hangUp {
		err = conn.(*net.TCPConn).CloseWrite()
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}

func TestS04_ARequestThatBreaksOffIsTheClientsFault(t *testing.T) {
	t.Parallel()
	api := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer api.Close()
	log := &bytes.Buffer{}
	h, err := handlers.New(handlers.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, FrontendAPIURL: api.URL, Transport: api.Client().Transport, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/__clerk/", h.FrontendAPI())
	mux.HandleFunc("/sign-in", h.SignIn)
	app := httptest.NewUnstartedServer(mux)
	app.Config.ReadTimeout = time.Second
	app.Start()
	defer app.Close()
	for range 10 { // whether the transport or the reading ends first is chance
		res, body := breakOff(t, app.Listener.Addr().String(), "/__clerk/v1/client/sign_ins", true)
		if res.StatusCode != http.StatusBadRequest || !strings.Contains(body, `"request_body_invalid"`) {
			t.Errorf("the proxy answers %d %s", res.StatusCode, body)
		}
	}
	if res, body := breakOff(t, app.Listener.Addr().String(), "/__clerk/v1/client/sign_ins", false); res.StatusCode != http.StatusRequestTimeout {
		t.Errorf("the proxy answers what takes too long with %d %s", res.StatusCode, body)
	}
	if res, body := breakOff(t, app.Listener.Addr().String(), "/sign-in", true); res.StatusCode != http.StatusBadRequest || !strings.Contains(body, "was incomplete") {
		t.Errorf("the form answers %d %s", res.StatusCode, body)
	}
	app.Close() // nobody writes any more
	if got := log.String(); got != "" {
		t.Errorf("the operator is told:\n%s", got)
	}
}
