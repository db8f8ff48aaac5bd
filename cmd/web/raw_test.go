package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// rawRequest writes exact bytes and returns everything that comes back until the server
// closes the connection or says no more.
func rawRequest(t *testing.T, s *site, request string) string {
	t.Helper()
	return rawRequestTo(t, s.Addr().String(), request)
}

func rawRequestTo(t *testing.T, address, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request); err != nil {
		return "" // refused while it was sent
	}
	var got bytes.Buffer
	buf := make([]byte, 64<<10)
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		n, err := conn.Read(buf)
		got.Write(buf[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return got.String()
		}
		if err != nil {
			return got.String() + closedMark
		}
		_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	}
}

const closedMark = "\n<closed>"

func TestS03_ByteExactRequests(t *testing.T) {
	t.Parallel()
	s := start(t, "-origin", "http://app.example.test")
	file := vectors[struct {
		Cases []struct {
			Name   string
			Raw    string `json:"raw_base64"`
			Expect string
		}
	}](t, "raw.json")
	if len(file.Cases) != 20 {
		t.Fatalf("%d cases, want 20", len(file.Cases))
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			raw, err := base64.StdEncoding.DecodeString(c.Raw)
			if err != nil {
				t.Fatal(err)
			}
			got := rawRequest(t, s, string(raw))
			status := "none"
			if rest, ok := strings.CutPrefix(got, "HTTP/1."); ok {
				status = rest[2:5]
			}
			if n := strings.Count(got, "HTTP/1."); n > 1 && c.Name != "cl-te" {
				t.Errorf("%d answers to one message:\n%s", n, got)
			}
			switch c.Expect {
			case "ok":
				want(t, status, "200")
			case "reject":
				want(t, status, "none", "400", "405", "413", "414", "417", "421", "431", "501", "505")
			case "reject-405":
				want(t, status, "405")
			case "reject-or-ok":
				want(t, status, "200", "400")
			case "ok-or-431":
				want(t, status, "200", "431")
			case "400-when-body-is-read":
				want(t, status, "400")
			case "one-response-then-close-or-reject":
				if strings.Count(got, "HTTP/1.") > 1 || !strings.HasSuffix(got, closedMark) {
					t.Errorf("the connection stays open:\n%s", got)
				}
			default:
				t.Fatalf("unknown expectation %q", c.Expect)
			}
		})
	}
}

// S02, S03, S05: the Backend API's own listener refuses what the public one does.
func TestS02_S03_S05_TheBackendListenerIsGuarded(t *testing.T) {
	t.Parallel()
	s := start(t)
	address := s.backend.Addr().String()
	host := "Host: " + address + "\r\n"
	for _, c := range []struct{ request, status string }{
		{"TRACE /v1/users HTTP/1.1\r\n" + host + "\r\n", "405"},
		{"get /v1/users HTTP/1.1\r\n" + host + "\r\n", "405"},
		{"GET x:y HTTP/1.1\r\n" + host + "\r\n", "400"},
		{"GET /v1/users?" + strings.Repeat("a", 9000) + " HTTP/1.1\r\n" + host + "\r\n", "414"},
		{"GET /v1/users HTTP/1.1\r\n" + host + "X: " + strings.Repeat("a", 30000) + "\r\n\r\n", "431"},
		{"POST /v1/users HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /v1/users HTTP/1.1\r\n" + host + "\r\n", "401"},
	} {
		got := rawRequestTo(t, address, c.request)
		want(t, (got + "            ")[9:12], c.status)
		if n := strings.Count(got, "HTTP/1."); n != 1 {
			t.Errorf("%d answers to one message %.60q:\n%s", n, c.request, got)
		}
	}
}

func want(t *testing.T, status string, allowed ...string) {
	t.Helper()
	for _, a := range allowed {
		if status == a {
			return
		}
	}
	t.Errorf("status %s, want one of %v", status, allowed)
}

func TestS06_AbsoluteTargetsOfOtherHosts(t *testing.T) {
	t.Parallel()
	s := start(t)
	host := strings.TrimPrefix(s.Origin(), "http://")
	for target, allowed := range map[string][]string{
		"http://evil.example/dashboard":              {"421", "400"},
		"http://evil.example/__clerk/v1/client":      {"421", "400"},
		"http://" + host + "/__clerk/v1/client":      {"400"}, // P09: absolute form is not passed on
		"http://user@" + host + "/welcome":           {"200", "400", "421"},
		"http://" + host + "/welcome":                {"200"},
		"http://" + host + "@evil.example/dashboard": {"421", "400"},
	} {
		got := rawRequest(t, s, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		if len(got) < 12 {
			t.Errorf("%s: no answer", target)
			continue
		}
		want(t, got[9:12], allowed...)
	}
	for _, bad := range []string{"user@" + host, host + "/x", "a b"} {
		got := rawRequest(t, s, "GET / HTTP/1.1\r\nHost: "+bad+"\r\nConnection: close\r\n\r\n")
		want(t, (got + "            ")[9:12], "400", "421")
	}
}

// R07, S06: a target that is neither a path nor an address of a host names nothing here. Put
// behind the origin in a redirect it could name another host.
func TestR07_S06_TargetsWithoutAPath(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.Origin(), "http://"), ":")
	for _, target := range []string{"x:@evil.example/", "http:@evil.example/", "x:.evil.example", "x:dashboard", "*"} {
		for _, host := range []string{"127.0.0.1:" + port, "localhost:" + port} {
			got := rawRequest(t, s, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
			want(t, (got + "            ")[9:12], "400")
			if strings.Contains(got, "Location:") {
				t.Errorf("%s at %s is led on:\n%s", target, host, got)
			}
		}
	}
}

func TestP09_ProxyPathsWithTwoReadings(t *testing.T) {
	t.Parallel()
	s := start(t)
	host := strings.TrimPrefix(s.Origin(), "http://")
	for _, target := range []string{
		"/__clerk//evil.example/v1/client", "/__clerk/\\evil.example", "/__clerk/v1/../../x", "/__clerk/./v1/client",
		"/__clerk/%2e%2e/v1/client", "/__clerk/v1%2fclient", "/__clerk/v1%5cclient", "/__clerk/v1/client%00", "/__clerk/v1//client",
		"/__clerk/%252e%252e/v1", "/__clerk/v1/client%0d%0aX:%20y",
	} {
		got := rawRequest(t, s, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		want(t, (got + "            ")[9:12], "400")
	}
}
