package handlers_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

// reader calls f for each read.
type reader func(p []byte) (int, error)

func (f reader) Read(p []byte) (int, error) { return f(p) }

// ofSize is an event whose body has n bytes.
func ofSize(n int) string {
	return hookBody + strings.Repeat(" ", n-len(hookBody))
}

func TestP11_BodiesAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	unsized := func(r *http.Request) *http.Request {
		r.ContentLength = -1
		return r
	}
	cut := delivery("msg_1", hookBody)
	cut.Body = io.NopCloser(io.MultiReader(strings.NewReader(hookBody), reader(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF })))
	for _, tt := range []struct {
		name   string
		r      *http.Request
		status int
	}{
		{"1 MiB", delivery("msg_1", ofSize(limit)), 204},
		{"1 MiB, of a size that is not said", unsized(delivery("msg_1", ofSize(limit))), 204},
		{"a byte more", delivery("msg_1", ofSize(limit+1)), 413},
		{"a byte more, of a size that is not said", unsized(delivery("msg_1", ofSize(limit+1))), 413},
		{"all there, but not ended", cut, 400},
	} {
		var a app
		if status := send(a.hook(t, handlers.WebhookConfig{}), tt.r); status != tt.status || (a.calls() == 1) != (status == 204) {
			t.Errorf("%s: status %d with %d calls, want %d", tt.name, status, a.calls(), tt.status)
		}
	}
}

// Whatever the headers alone give away is refused before the body is read.
func TestP11_RefusedBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"no signature":      func(r *http.Request) { r.Header.Del(wire.HeaderWebhookSignature) },
		"a second id":       twice(wire.HeaderWebhookID, same),
		"eleven signatures": set(wire.HeaderWebhookSignature, strings.Repeat("v1,x ", 11)),
		"too old":           at("1600000000"),
		"too large":         func(r *http.Request) { r.ContentLength = 1<<20 + 1 },
		"GET":               func(r *http.Request) { r.Method = http.MethodGet },
	} {
		var a app
		r := delivery("msg_1", hookBody)
		change(r)
		r.Body = io.NopCloser(reader(func([]byte) (int, error) {
			t.Errorf("%s: the body was read", name)
			return 0, io.EOF
		}))
		if status := send(a.hook(t, handlers.WebhookConfig{}), r); status < 400 || status >= 500 || a.calls() != 0 {
			t.Errorf("%s: status %d with %d calls", name, status, a.calls())
		}
	}
}

// A message that is held back while it arrives does not pass when it is too old.
func TestP11_ABodyThatTakesItsTimeIsOld(t *testing.T) {
	t.Parallel()
	var a app
	h := a.hook(t, handlers.WebhookConfig{})
	r, body := delivery("msg_1", hookBody), strings.NewReader(hookBody)
	r.Body = io.NopCloser(reader(func(p []byte) (int, error) {
		a.now = time.Unix(hookTime+301, 0)
		return body.Read(p)
	}))
	if status := send(h, r); status != 400 || a.calls() != 0 {
		t.Errorf("status %d with %d calls", status, a.calls())
	}
}

// What strangers send costs the same, however large: a fixed number of allocations, and
// bytes that do not grow with the body.
func TestP11_RefusalsAreCheap(t *testing.T) {
	header := delivery("msg_1", hookBody).Header
	header.Set(wire.HeaderWebhookSignature, strings.TrimSpace(strings.Repeat(other("")+" ", 10)))
	secret, now := wire.NewSecret(hookSecret), time.Unix(hookTime, 0)
	var secrets []wire.Secret
	for range 8 {
		secrets = append(secrets, secret)
	}
	body := make([]byte, 1<<20)
	verify := func() {
		if err := handlers.VerifyWebhook(header, body, now, secrets...); err == nil {
			t.Error("verified")
		}
	}
	if n := testing.AllocsPerRun(10, verify); n > 120 {
		t.Errorf("%v allocations for 8 secrets and 10 signatures, want 120 at most", n)
	}
	if bytes := allocated(verify); bytes > 16<<10 {
		t.Errorf("%d bytes allocated to verify 1 MiB, want 16 KiB at most", bytes)
	}

	var a app
	h := a.hook(t, handlers.WebhookConfig{})
	r := delivery("msg_1", hookBody)
	r.Header.Set(wire.HeaderWebhookSignature, strings.Repeat("v1,A ", 200_000))
	refuse := func() {
		if status := send(h, r); status != 400 {
			t.Errorf("status %d", status)
		}
	}
	if bytes := allocated(refuse); bytes > 16<<10 {
		t.Errorf("%d bytes allocated for a signature field of 1 MB, want 16 KiB at most", bytes)
	}
}

// allocated is how many bytes f allocates, the first run left out: encoders get to know
// their types in it.
func allocated(f func()) uint64 {
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Over a real connection: repeated fields arrive as two, and a body that breaks off has no
// effect.
func TestP11_OverAConnection(t *testing.T) {
	t.Parallel()
	var a app
	srv := httptest.NewServer(a.hook(t, handlers.WebhookConfig{}))
	t.Cleanup(srv.Close)
	post := func(change func(*http.Request)) (int, error) {
		r := delivery("msg_1", hookBody)
		r = r.WithContext(t.Context())
		change(r)
		u := *r.URL
		u.Scheme, u.Host = "http", strings.TrimPrefix(srv.URL, "http://")
		r.URL, r.RequestURI = &u, ""
		res, err := srv.Client().Do(r)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		return res.StatusCode, nil
	}
	if status, err := post(twice(wire.HeaderWebhookSignature, other)); err != nil || status != 400 {
		t.Errorf("two signatures: %d, %v", status, err)
	}
	if status, err := post(func(r *http.Request) {
		r.ContentLength = -1
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(hookBody), reader(func([]byte) (int, error) { return 0, errors.New("gone") })))
	}); err == nil {
		t.Errorf("a body that breaks off: %d", status)
	}
	if a.calls() != 0 {
		t.Errorf("%d calls", a.calls())
	}
	if status, err := post(func(r *http.Request) { r.ContentLength = -1 }); err != nil || status != 204 || a.calls() != 1 {
		t.Errorf("a genuine message in chunks: %d, %v, %d calls", status, err, a.calls())
	}
}
