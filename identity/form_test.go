package identity_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

const formType = "application/x-www-form-urlencoded"

func TestRouting(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	tests := []struct {
		method, target string
		status         int
		code           string
	}{
		{"GET", "/v1/nothing", 404, wire.CodeResourceNotFound},
		{"GET", "/", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/client/", 404, wire.CodeResourceNotFound},
		{"GET", "//v1/client", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/../v1/client", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/CLIENT", 404, wire.CodeResourceNotFound},
		{"GET", "/v1/users", 404, wire.CodeResourceNotFound}, // the Backend API is elsewhere
		{"GET", "/v1/client/sign_ups", 405, wire.CodeMethodNotAllowed},
		{"TRACE", "/v1/client", 405, wire.CodeMethodNotAllowed},
		{"BREW", "/v1/client", 405, wire.CodeMethodNotAllowed},
		{"get", "/v1/client", 405, wire.CodeMethodNotAllowed},
		{"POST", "/v1/me/totp", 501, wire.CodeNotImplemented},
		{"POST", "/v1/client/sign_ins/x/prepare_second_factor", 501, wire.CodeNotImplemented},
		{"GET", "/v1/organizations/org_1/enterprise_connections", 501, wire.CodeNotImplemented},
		{"GET", "/v1/client/sign_ins/x", 404, wire.CodeResourceNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			a := v.send(tt.method, tt.target, "", nil)
			a.want(t, tt.status, tt.code)
			if tt.status == 405 && a.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
	if a := v.send("OPTIONS", "/v1/client", "", nil); a.StatusCode != 204 || a.Header.Get("Allow") != "DELETE, GET, POST, PUT" {
		t.Errorf("OPTIONS = %d, Allow %q", a.StatusCode, a.Header.Get("Allow"))
	}
	v.send("PATCH", "/v1/environment", "", nil).want(t, 200, "")
	v.post("/v1/environment?_method=PATCH").want(t, 200, "")
}

// S02: bodies are bounded before they are parsed. I07: so is a megabyte of password.
func TestS02_I07_FormLimits(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	big := "email_address=a%40example.com&password=" + strings.Repeat("p", 1<<20)
	v.send("POST", "/v1/client/sign_ups", formType, strings.NewReader(big)).want(t, 413, wire.CodeBodyTooLarge)
	v.send("POST", "/v1/client/sign_ups", formType, strings.NewReader(strings.Repeat("a=&", 20000))).want(t, 400, wire.CodeRequestBodyInvalid)
	long := "email_address=a%40example.com&password=" + strings.Repeat("p", 60000)
	v.send("POST", "/v1/client/sign_ups", formType, strings.NewReader(long)).want(t, 422, wire.CodePasswordTooLong)
	if len(v.cookies) != 0 {
		t.Errorf("cookies = %v, want none", v.cookies)
	}
}

func TestFormsThatAreRefused(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	good := encode([]string{"email_address", "ada@example.com", "password", password})
	tests := []struct {
		name, contentType, body string
		status                  int
		code                    string
	}{
		{"no content type", "", good, 415, wire.CodeUnsupportedMediaType},
		{"plain text", "text/plain", good, 415, wire.CodeUnsupportedMediaType},
		{"JSON", "application/json", `{"email_address":"ada@example.com"}`, 415, wire.CodeUnsupportedMediaType},
		{"malformed content type", ";;", good, 415, wire.CodeUnsupportedMediaType},
		{"bad escape", formType, "email_address=%zz", 400, wire.CodeRequestBodyInvalid},
		{"semicolons", formType, "a=1;b=2", 400, wire.CodeRequestBodyInvalid},
		{"invalid UTF-8 value", formType, "email_address=%ff%fe", 400, wire.CodeRequestBodyInvalid},
		{"invalid UTF-8 name", formType, "%ff=1", 400, wire.CodeRequestBodyInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v.send("POST", "/v1/client/sign_ups", tt.contentType, strings.NewReader(tt.body)).want(t, tt.status, tt.code)
		})
	}
	v.send("POST", "/v1/client/sign_ups", formType+"; charset=UTF-8", strings.NewReader(good)).want(t, 200, "")
}

// S04: a body that breaks off is 400 and changes nothing, even if what came is complete.
func TestS04_BrokenBody(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	srv := httptest.NewServer(app.Frontend())
	t.Cleanup(srv.Close)
	good := encode([]string{"email_address", "ada@example.com", "password", password})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "POST /v1/client/sign_ups HTTP/1.1\r\nHost: x\r\nContent-Type: "+formType+
		"\r\nTransfer-Encoding: chunked\r\n\r\n"+hexLen(len(good))+"\r\n"+good+"\r\nZZ\r\n")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	answer{resp, string(body)}.want(t, 400, wire.CodeRequestBodyInvalid)
	if n := decode[wire.TotalCount](t, app.backend("GET", "/v1/users/count", "").body).TotalCount; n != 0 {
		t.Errorf("%d users, want none", n)
	}
}

func FuzzForm(f *testing.F) {
	for _, s := range []string{"", "a=1&b=2", "a=%zz", "a=1;b=2", "%ff=%fe", "=&=&=", "a=1&a=2", "email_address=ada%40example.com&password=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		values, ok := identity.ParseForm(body)
		if !ok {
			return
		}
		for name, all := range values {
			if !utf8.ValidString(name) || !utf8.ValidString(strings.Join(all, "")) {
				t.Errorf("ParseForm(%q) let invalid UTF-8 pass", body)
			}
		}
	})
}
