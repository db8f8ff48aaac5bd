package authctx_test

import (
	"bufio"
	"encoding/binary"
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

// sampleKey and its answer are those of RFC 6455 §1.3.
const sampleKey, sampleAccept = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// openSocket sends an opening handshake as a browser does and returns the answer, and the
// close code and reason if the handshake succeeded.
func openSocket(t *testing.T, addr string, headers ...string) (res *http.Response, code int, reason string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	lines := append([]string{
		"GET /live HTTP/1.1", "Host: example.com", "Upgrade: WebSocket", "Connection: keep-alive, Upgrade",
		"Sec-WebSocket-Key: " + sampleKey, "Sec-WebSocket-Version: 13",
	}, headers...)
	if _, err := fmt.Fprint(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	if res, err = http.ReadResponse(r, nil); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(res.Body)
		return res, 0, string(body)
	}
	code, reason = closeFrame(t, r)
	_, _ = conn.Write([]byte{0x88, 0x82, 1, 2, 3, 4, 0x11, 0x31 ^ 3}) // a masked close in return
	_ = conn.(*net.TCPConn).CloseWrite()
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Errorf("after the close frame: %q, %v", rest, err)
	}
	return res, code, reason
}

// closeFrame reads one unmasked, final close frame (RFC 6455 §5.5.1).
func closeFrame(t *testing.T, r io.Reader) (code int, reason string) {
	t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || head[0] != 0x88 || head[1] > 125 || head[1] < 2 {
		t.Fatalf("frame %x: %v", head, err)
	}
	payload := make([]byte, head[1])
	if _, err := io.ReadFull(r, payload); err != nil {
		t.Fatal(err)
	}
	return int(binary.BigEndian.Uint16(payload)), string(payload[2:])
}

func serveLive(t *testing.T, cfg authctx.Config, reqs ...authctx.Requirement) string {
	t.Helper()
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler(authctx.Require(reqs...)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(secretPage))
	}))))
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

func TestWebSocketIsClosedWithACode(t *testing.T) {
	t.Parallel()
	down := authtest.Config(t)
	down.JWTKey, down.SecretKey = "", "sk_test_x"
	down.Transport = &upstream{answer: func(int64) (int, string, error) { return 401, `{}`, nil }}
	signedIn := "Authorization: Bearer " + authtest.Token(t)
	own := "Origin: " + authtest.Origin
	for name, tt := range map[string]struct {
		cfg     authctx.Config
		reqs    []authctx.Requirement
		headers []string
		status  int
		code    int
	}{
		"signed out":             {authtest.Config(t), nil, []string{own}, 101, 4401},
		"signed out, no browser": {authtest.Config(t), nil, nil, 101, 4401},
		"not allowed":            {authtest.Config(t), []authctx.Requirement{authctx.Role("admin")}, []string{own, signedIn}, 101, 4403},
		"to be confirmed":        {authtest.Config(t), []authctx.Requirement{authctx.Reverification(authctx.StrictMFA)}, []string{own, "Authorization: Bearer " + authtest.Token(t, authtest.Claim("fva", []int{99, -1}))}, 101, 4403},
		"M07 cannot tell":        {down, nil, []string{own, signedIn}, 101, 4503},
		"hidden":                 {authtest.Config(t), []authctx.Requirement{authctx.Hide()}, []string{own}, 404, 0},
		"another origin":         {authtest.Config(t), nil, []string{"Origin: https://evil.example"}, 401, 0},
		"the origin's twin":      {authtest.Config(t), nil, []string{"Origin: https://example.com"}, 401, 0},
		"a null origin":          {authtest.Config(t), nil, []string{"Origin: null"}, 401, 0},
		"two origins":            {authtest.Config(t), nil, []string{own, "Origin: https://evil.example"}, 401, 0},
		"another version":        {authtest.Config(t), nil, []string{"Sec-WebSocket-Version: 8"}, 101, 4401}, // the first one counts
		"signed in":              {authtest.Config(t), nil, []string{signedIn}, 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, code, reason := openSocket(t, serveLive(t, tt.cfg, tt.reqs...), tt.headers...)
			if res.StatusCode != tt.status || code != tt.code {
				t.Fatalf("got %d, code %d, want %d, %d", res.StatusCode, code, tt.status, tt.code)
			}
			if tt.status != 200 && strings.Contains(reason, secretPage) {
				t.Errorf("the page is in %q", reason)
			}
			if tt.status == 101 && (res.Header.Get("Sec-WebSocket-Accept") != sampleAccept || reason == "") {
				t.Errorf("headers %v, reason %q", res.Header, reason)
			}
			if tt.status != 200 && res.Header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("H01: headers %v", res.Header)
			}
		})
	}
}

// TestWebSocketHandshakeIsChecked: what is no proper handshake is answered with a status.
func TestWebSocketHandshakeIsChecked(t *testing.T) {
	t.Parallel()
	addr := serveLive(t, authtest.Config(t))
	for name, head := range map[string]string{
		"HTTP/1.0":         "GET /live HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + sampleKey,
		"no connection":    "GET /live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + sampleKey,
		"an old version":   "GET /live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: " + sampleKey,
		"no key":           "GET /live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13",
		"a short key":      "GET /live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA",
		"a form":           "POST /live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 0\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + sampleKey,
		"another protocol": "GET /live HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + sampleKey,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.DialTimeout("tcp", addr, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			_, _ = fmt.Fprint(conn, head+"\r\n\r\n")
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != http.StatusUnauthorized {
				t.Errorf("got %v, %v", res, err)
			}
		})
	}
}

func TestWebSocketProtocolIsChosen(t *testing.T) {
	t.Parallel()
	addr := serveLive(t, authtest.Config(t))
	for offered, want := range map[string]string{"chat, news": "chat", "graphql-ws": "graphql-ws", "a b": "", "\"x\"": ""} {
		res, code, _ := openSocket(t, addr, "Sec-WebSocket-Protocol: "+offered)
		if got := res.Header.Get("Sec-WebSocket-Protocol"); code != 4401 || got != want {
			t.Errorf("offered %q: got %q with code %d, want %q", offered, got, code, want)
		}
	}
}
