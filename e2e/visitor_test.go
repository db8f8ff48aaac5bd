package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// person is somebody with an account, or about to have one.
type person struct{ First, Last, Email, Password string }

var (
	ada   = person{"Ada", "Lovelace", "ada@example.com", "engines weave algebraic patterns"}
	mary  = person{"Mary", "Jackson", "mary@example.com", "wind tunnels above Langley"}
	grace = person{"Grace", "Hopper", "grace@example.com", "nanoseconds are a foot of wire"}
)

func (p person) signUpForm() url.Values {
	return url.Values{
		"email_address": {p.Email}, "password": {p.Password}, "first_name": {p.First}, "last_name": {p.Last},
	}
}

func (p person) signInForm() url.Values {
	return url.Values{"identifier": {p.Email}, "password": {p.Password}}
}

var visitors atomic.Uint32

// visitor is a program with cookies that speaks HTTP. Each has a loopback address of its
// own, so that the limits for one network do not add up over a test.
type visitor struct {
	t      testing.TB
	origin string
	jar    *cookiejar.Jar
	client *http.Client
}

func (s *server) visitor() *visitor {
	n := visitors.Add(1)
	dialer := &net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1+byte(n>>16), byte(n>>8), byte(n))}}
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.T.Fatal(err)
	}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 4}
	s.T.Cleanup(transport.CloseIdleConnections)
	return &visitor{s.T, s.Origin, jar, &http.Client{
		Transport: transport, Jar: jar, Timeout: 60 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response that was read.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

func (a *answer) String() string {
	return fmt.Sprintf("%d %v\n%s", a.Status, a.Header, drive.Tail(a.Body, 4<<10))
}

// try sends a request and returns what a network may do to it.
func (v *visitor) try(method, path string, form url.Values, header ...string) (*answer, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(context.Background(), method, v.origin+path, body)
	if err != nil {
		return nil, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", v.origin)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return readAnswer(v.client.Do(req))
}

func readAnswer(res *http.Response, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return &answer{res.StatusCode, res.Header, string(body)}, err
}

func (v *visitor) get(path string, header ...string) *answer {
	v.t.Helper()
	a, err := v.try(http.MethodGet, path, nil, header...)
	if err != nil {
		v.t.Fatal(err)
	}
	return a
}

// signUp makes an account and stays signed in.
func (v *visitor) signUp(p person) {
	v.t.Helper()
	a, err := v.try(http.MethodPost, "/sign-up", p.signUpForm())
	if err != nil || a.Status != http.StatusSeeOther {
		v.t.Fatalf("sign up %s: %v %v, want 303", p.Email, a, err)
	}
}

// cookie returns the value of a cookie that a request to path would carry, "" if none.
func (v *visitor) cookie(name string) string {
	u, err := url.Parse(v.origin)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// backendCall asks the Backend API as another program would.
func (s *server) backendCall(method, path, secret, body string) *answer {
	s.T.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.Backend+path, strings.NewReader(body))
	if err != nil {
		s.T.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	client := &http.Client{Timeout: 30 * time.Second}
	a, err := readAnswer(client.Do(req))
	if err != nil {
		s.T.Fatal(err)
	}
	return a
}

// clientCookie is the value of the client cookie, whose name has the instance's suffix.
func (v *visitor) clientCookie() string {
	u, err := url.Parse(v.origin)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.jar.Cookies(u) {
		if strings.HasPrefix(c.Name, "__client_") && !strings.HasPrefix(c.Name, "__client_uat") {
			return c.Value
		}
	}
	return ""
}
