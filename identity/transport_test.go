package identity_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func TestTransportReachesBothAPIs(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	client := &http.Client{Transport: app.Transport()}
	for _, target := range []string{
		"https://" + app.PublishableKey().Host() + "/.well-known/jwks.json",
		identity.BackendURL + "/v1/jwks",
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", target, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+app.SecretKey().Reveal())
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 || resp.Status != "200 OK" || int64(len(body)) != resp.ContentLength || len(decode[wire.JWKS](t, string(body)).Keys) != 1 {
			t.Errorf("%s: %s, %d octets of %d, %v", target, resp.Status, len(body), resp.ContentLength, err)
		}
	}
	req, _ := http.NewRequestWithContext(t.Context(), "POST", "https://api.clerk.com/v1/users", strings.NewReader("x"))
	if resp, err := client.Do(req); err == nil {
		resp.Body.Close()
		t.Error("another host is reached")
	}
}

// handle makes a transport of one handler.
func handle(h http.HandlerFunc) http.RoundTripper {
	return identity.NewTransport(map[string]http.Handler{"h.example:81": h})
}

func request(t *testing.T, method, target string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTransportRequestIsAServers(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	rt := handle(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		r.Header.Set("X-Changed", "by the handler")
	})
	out := request(t, "POST", "https://h.example:81/a%2Fb?c=d", strings.NewReader("hello"))
	out.Header.Set("X-Sent", "1")
	resp, err := rt.RoundTrip(out)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got.RequestURI != "/a%2Fb?c=d" || got.URL.Host != "" || got.URL.Scheme != "" || got.Host != "h.example:81" ||
		got.RemoteAddr != "127.0.0.1:0" || got.Proto != "HTTP/1.1" || got.ContentLength != 5 || body != "hello" || got.Header.Get("X-Sent") != "1" {
		t.Errorf("request = %+v, body %q", got, body)
	}
	if out.Header.Get("X-Changed") != "" || resp.Request != out || resp.StatusCode != 200 || resp.Body != http.NoBody {
		t.Errorf("outgoing request or answer changed: %v, %+v", out.Header, resp)
	}
	out = request(t, "", "https://h.example:81", nil)
	out.Host, out.RemoteAddr = "fapi.example", "192.0.2.9:1"
	if resp, err = rt.RoundTrip(out); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got.Method != "GET" || got.Host != "fapi.example" || got.RemoteAddr != "192.0.2.9:1" || got.RequestURI != "/" || got.Body == nil {
		t.Errorf("request = %+v", got)
	}
}

func TestTransportAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		method  string
		handler http.HandlerFunc
		status  int
		body    string
	}{
		{"nothing written", "GET", func(http.ResponseWriter, *http.Request) {}, 200, ""},
		{"written without status", "GET", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }, 200, "x"},
		{"two statuses", "GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); w.WriteHeader(500) }, 201, ""},
		{"informational status", "GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(202) }, 202, ""},
		{"HEAD", "HEAD", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }, 200, ""},
		{"no content", "GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204); _, _ = io.WriteString(w, "x") }, 204, ""},
		{"late header", "GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); w.Header().Set("X-Late", "1") }, 200, ""},
		{"panic", "GET", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "half"); panic("secret detail") }, 500, ""},
		{"panic with a value that cannot be compared", "GET", func(http.ResponseWriter, *http.Request) { panic([]int{1}) }, 500, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp, err := handle(tt.handler).RoundTrip(request(t, tt.method, "https://h.example:81/", nil))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != tt.status || string(body) != tt.body || resp.Header.Get("X-Late") != "" {
				t.Errorf("answer = %d %q %v, want %d %q", resp.StatusCode, body, resp.Header, tt.status, tt.body)
			}
		})
	}
	_, err := handle(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }).RoundTrip(request(t, "GET", "https://h.example:81/", nil))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("aborted handler: %v, want a broken connection", err)
	}
}

func TestTransportHonoursTheContext(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	rt := handle(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		<-release
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := rt.RoundTrip(request(t, "GET", "https://h.example:81/", nil).WithContext(ctx))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v, want the deadline", err)
	}
	close(release)
	_, err = rt.RoundTrip(request(t, "GET", "https://h.example:81/", nil).WithContext(ctx))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v, want no call at all", err)
	}
}

func TestTransportWithAReverseProxyInParallel(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	client := &http.Client{Transport: app.Transport()}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			req := httptest.NewRequest("GET", "https://"+app.PublishableKey().Host()+"/v1/environment", nil)
			req.RequestURI = ""
			resp, err := client.Do(req)
			if err != nil {
				t.Errorf("environment: %v", err)
				return
			}
			defer resp.Body.Close()
			if resp.StatusCode != 200 {
				t.Errorf("environment: %s", resp.Status)
			}
		})
	}
	wg.Wait()
}

func BenchmarkTransport(b *testing.B) {
	rt := identity.NewTransport(map[string]http.Handler{"h": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "x")
	})})
	req := httptest.NewRequest("GET", "https://h/x", nil)
	b.ReportAllocs()
	for b.Loop() {
		resp, err := rt.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
	}
}
