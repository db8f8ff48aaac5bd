package fapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/wire"
)

const secretKey = "sk_test_fapi_client_tests"

// serve runs answer as a Frontend API and returns a client of it.
func serve(t *testing.T, answer http.HandlerFunc) *fapi.Client {
	t.Helper()
	srv := httptest.NewTLSServer(answer)
	t.Cleanup(srv.Close)
	c, err := fapi.New(fapi.Config{
		BaseURL: srv.URL, ProxyURL: "https://app.example.com/__clerk", SecretKey: secretKey,
		PublicOrigin: "https://app.example.com", Transport: srv.Client().Transport, Timeout: 2 * time.Second,
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

var ada = fapi.Browser{
	ClientCookie: "sealed", SessionID: "sess_1", IP: netip.MustParseAddr("192.0.2.7"), UserAgent: "Test/1.0",
}

// apiCall is a method with the request that it makes.
type apiCall struct {
	name, method, path, override, form string
	session                            bool
	call                               func(context.Context, *fapi.Client) error
}

// A later call about the same request goes on with the client that an answer has made.
func TestBrowserAfterAnAnswer(t *testing.T) {
	t.Parallel()
	if got := ada.With([]string{"__client_uat=7; Path=/", "__client=new; Path=/; HttpOnly"}); got.ClientCookie != "new" || got.SessionID != ada.SessionID {
		t.Errorf("With = %+v", got)
	}
	if got := ada.With([]string{"__session=x", "", "nonsense"}); got != ada {
		t.Errorf("With = %+v, want %+v", got, ada)
	}
}

func TestEveryCallSpeaksAsTheProxyOfItsBrowser(t *testing.T) {
	t.Parallel()
	calls := []apiCall{
		{"sign up", "POST", "/v1/client/sign_ups", "", "email_address=ada%40example.com&first_name=Ada&password=pw", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.SignUp(ctx, ada, "ada@example.com", "pw", "Ada", "")
				return err
			}},
		{"sign in", "POST", "/v1/client/sign_ins", "", "identifier=ada%40example.com&password=pw&strategy=password", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.SignIn(ctx, ada, "ada@example.com", "pw")
				return err
			}},
		{"sign up invited", "POST", "/v1/client/sign_ups", "", "first_name=Ada&password=pw&strategy=ticket&ticket=t", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.SignUpInvited(ctx, ada, "t", "pw", "Ada", "")
				return err
			}},
		{"sign in with a ticket", "POST", "/v1/client/sign_ins", "", "strategy=ticket&ticket=t", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.SignInWithTicket(ctx, ada, "t")
				return err
			}},
		{"prepare sign-up", "POST", "/v1/client/sign_ups/sua_1/prepare_verification", "", "strategy=email_code", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.PrepareSignUp(ctx, ada, "sua_1")
				return err
			}},
		{"attempt sign-up", "POST", "/v1/client/sign_ups/sua_%2F..%2F1/attempt_verification", "", "code=123456&strategy=email_code", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.AttemptSignUp(ctx, ada, "sua_/../1", "123456")
				return err
			}},
		{"begin sign-in", "POST", "/v1/client/sign_ins", "", "identifier=ada%40example.com", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.BeginSignIn(ctx, ada, "ada@example.com")
				return err
			}},
		{"prepare factor", "POST", "/v1/client/sign_ins/sia_1/prepare_first_factor", "", "email_address_id=idn_1&strategy=email_code", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.PrepareFirstFactor(ctx, ada, "sia_1", wire.Factor{Strategy: "email_code", EmailAddressID: "idn_1"})
				return err
			}},
		{"attempt factor", "POST", "/v1/client/sign_ins/sia_1/attempt_first_factor", "", "code=123456&strategy=email_code", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.AttemptFirstFactor(ctx, ada, "sia_1", "email_code", "123456")
				return err
			}},
		{"prepare second factor", "POST", "/v1/client/sign_ins/sia_1/prepare_second_factor", "", "email_address_id=idn_1&strategy=email_code", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.PrepareSecondFactor(ctx, ada, "sia_1", wire.Factor{Strategy: "email_code", EmailAddressID: "idn_1"})
				return err
			}},
		{"attempt second factor", "POST", "/v1/client/sign_ins/sia_1/attempt_second_factor", "", "code=123456&strategy=email_code", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.AttemptSecondFactor(ctx, ada, "sia_1", "email_code", "123456")
				return err
			}},
		{"reset password", "POST", "/v1/client/sign_ins/sia_1/reset_password", "", "password=pw&sign_out_of_other_sessions=false", false,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.ResetPassword(ctx, ada, "sia_1", "pw", false)
				return err
			}},
		{"end sessions", "POST", "/v1/client/sessions", "DELETE", "", false,
			func(ctx context.Context, c *fapi.Client) error { _, err := c.EndSessions(ctx, ada); return err }},
		{"client", "GET", "/v1/client", "", "", false,
			func(ctx context.Context, c *fapi.Client) error { _, err := c.Client(ctx, ada); return err }},
		{"touch", "POST", "/v1/client/sessions/sess_%2F..%2F1/touch", "", "intent=select_session", false,
			func(ctx context.Context, c *fapi.Client) error { _, err := c.Touch(ctx, ada, "sess_/../1"); return err }},
		{"update", "POST", "/v1/me", "PATCH", "first_name=Ada&last_name=", true,
			func(ctx context.Context, c *fapi.Client) error { _, err := c.UpdateMe(ctx, ada, "Ada", ""); return err }},
		{"password", "POST", "/v1/me/change_password", "", "current_password=a&new_password=b&sign_out_of_other_sessions=true", true,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.ChangePassword(ctx, ada, "a", "b", true)
				return err
			}},
		{"revoke", "POST", "/v1/me/sessions/sess_2/revoke", "", "", true,
			func(ctx context.Context, c *fapi.Client) error {
				_, err := c.RevokeSession(ctx, ada, "sess_2")
				return err
			}},
	}
	for _, tt := range append(calls, organizationCalls()...) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				want := map[string]string{
					"Origin": "https://app.example.com", "Cookie": "__client=sealed", "User-Agent": "Test/1.0",
					"Clerk-Proxy-Url": "https://app.example.com/__clerk", "Clerk-Secret-Key": secretKey,
					"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": "app.example.com", "X-Forwarded-Proto": "https",
				}
				for name, v := range want {
					if got := r.Header.Get(name); got != v {
						t.Errorf("%s = %q, want %q", name, got, v)
					}
				}
				if r.Method != tt.method || r.URL.EscapedPath() != tt.path || string(body) != tt.form {
					t.Errorf("got %s %s %q, want %s %s %q", r.Method, r.URL.EscapedPath(), body, tt.method, tt.path, tt.form)
				}
				q := r.URL.Query()
				if q.Get("_method") != tt.override || q.Has("_clerk_session_id") != tt.session || q.Get("__clerk_api_version") != wire.APIVersion {
					t.Errorf("query = %v", q)
				}
				reply(w, 200, `{"response":null,"client":null}`)
			})
			if err := tt.call(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnswerCarriesTokenAndOwnCookiesOnly(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for _, line := range []string{"__client=x; HttpOnly", "__client_uat=5", "app_session=evil", "__clerk_db_jwt=d"} {
			w.Header().Add("Set-Cookie", line)
		}
		reply(w, 200, `{"response":{"status":"complete","created_session_id":"sess_2"},"client":{"last_active_session_id":"sess_1","sessions":[
			{"id":"sess_1","status":"active","last_active_token":{"jwt":"one"}},
			{"id":"sess_2","status":"active","last_active_token":{"jwt":"two"}},
			{"id":"sess_3","status":"ended","last_active_token":{"jwt":"dead"}}]}}`)
	})
	a, err := c.SignIn(t.Context(), ada, "i", "p")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"": "one", "sess_2": "two", "sess_3": "", "sess_4": ""} {
		if got := a.Token(id); got != want {
			t.Errorf("Token(%q) = %q, want %q", id, got, want)
		}
	}
	if want := []string{"__client=x; HttpOnly", "__client_uat=5", "__clerk_db_jwt=d"}; !slices.Equal(a.SetCookies, want) {
		t.Errorf("SetCookies = %q, want %q", a.SetCookies, want)
	}
}

func TestListsComeBareOrWrapped(t *testing.T) {
	t.Parallel()
	for _, body := range []string{` [{"id":"sess_1"}]`, `{"response":[{"id":"sess_1"}],"client":null}`} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, body) })
		if a, err := c.ActiveSessions(t.Context(), ada); err != nil || len(a.Resource) != 1 || a.Resource[0].ID != "sess_1" {
			t.Errorf("ActiveSessions of %s = %+v, %v", body, a, err)
		}
	}
}

// Whoever is in very many organizations can sign in all the same.
func TestAnswersMayBeLong(t *testing.T) {
	t.Parallel()
	body := `{"response":{"object":"client","id":"client_1","padding":"` + strings.Repeat("&", 3<<20) + `"}}`
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, body) })
	if a, err := c.Client(t.Context(), ada); err != nil || a.Client == nil || a.Client.ID != "client_1" {
		t.Errorf("Client = %+v, %v", a.Client, err)
	}
}

func TestRefusalIsTyped(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		reply(w, 429, `{"errors":[{"code":"too_many_requests","message":"m"}]}`)
	})
	_, err := c.SignIn(t.Context(), ada, "i", "the-password")
	var refused *fapi.Error
	if !errors.As(err, &refused) || refused.Status != 429 || refused.RetryAfter != 7*time.Second || !refused.Has("too_many_requests") {
		t.Fatalf("SignIn = %#v, want a 429 with 7 s", err)
	}
	if errors.Is(err, fapi.ErrUnavailable) || strings.Contains(err.Error(), "the-password") {
		t.Errorf("err = %v", err)
	}
}

func TestWhatIsNoAnswerIsUnavailable(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"a page of HTML":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<!doctype html><p>hi") },
		"a cut body":      func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, `{"response":`) },
		"the wrong shape": func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, `[]`) },
		"too much":        func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, strings.Repeat(" ", 8<<20+1)) },
		"a redirect elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/", http.StatusTemporaryRedirect)
		},
		"a 502": func(w http.ResponseWriter, _ *http.Request) { reply(w, 502, `{}`) },
		"nothing in time": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(4 * time.Second):
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := serve(t, answer).Client(t.Context(), ada); !errors.Is(err, fapi.ErrUnavailable) {
				t.Errorf("Client = %v, want ErrUnavailable", err)
			}
		})
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := fapi.New(fapi.Config{BaseURL: "http://clerk.example.com", ProxyURL: "/__clerk", PublicOrigin: "app"})
	for _, want := range []string{"BaseURL must be https", "ProxyURL", "PublicOrigin", "SecretKey"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want it to name %s", err, want)
		}
	}
}

func TestV02_ConfigHidesTheSecretKey(t *testing.T) {
	t.Parallel()
	cfg := fapi.Config{BaseURL: "https://clerk.example.com", SecretKey: secretKey}
	c := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{cfg, c} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, secretKey) {
				t.Errorf("%s of %T shows the secret key: %s", verb, v, got)
			}
		}
	}
	if strings.Contains(cfg.LogValue().String(), secretKey) {
		t.Error("LogValue shows the secret key")
	}
}

func TestP03_BrowserAddressIsTheOneGiven(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "192.0.2.1:4711"
	r.Header.Set("X-Forwarded-For", "127.0.0.1")
	r.Header.Set("True-Client-IP", "127.0.0.1")
	r.AddCookie(&http.Cookie{Name: "__client", Value: url.QueryEscape("abc")})
	b := fapi.FromRequest(r, netip.MustParseAddr("192.0.2.9"))
	if b.IP != netip.MustParseAddr("192.0.2.9") || b.ClientCookie != "abc" {
		t.Errorf("FromRequest = %+v", b)
	}
}

func TestEveryDifferentClientCookieIsACandidate(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"":                                {""},
		"a=b":                             {""},
		"__client=x":                      {"x"},
		"__client=x; __client=x":          {"x"},
		"__client=x; a=b; __client=y":     {"x", "y"},
		"__client=; __client=y; __client": {"", "y"},
	} {
		r := httptest.NewRequest("POST", "/", http.NoBody)
		r.Header.Set("Cookie", line)
		r.Header.Set("User-Agent", "Test/1.0")
		var got []string
		for _, b := range fapi.Candidates(r, netip.MustParseAddr("192.0.2.1")) {
			got = append(got, b.ClientCookie)
			if b.UserAgent != "Test/1.0" || !b.IP.IsValid() {
				t.Errorf("%q: %+v lacks the rest", line, b)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("Candidates(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestC05_TwoDifferentClientCookiesAreNone(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"__client=a": "a", "__client=a; __client=a": "a", "__client=a; __client=b": "", "__client=a; __client=b; __client=a": "", "x=1": "",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", header)
		if got := fapi.FromRequest(r, netip.Addr{}).ClientCookie; got != want {
			t.Errorf("Cookie %q: client cookie %q, want %q", header, got, want)
		}
	}
}
