package handlers_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

const signedIn = `{"response":{"object":"sign_in_attempt","status":"complete","created_session_id":"sess_1"},
	"client":{"last_active_session_id":"sess_1","sessions":[{"id":"sess_1","status":"active","last_active_token":{"object":"token","jwt":"a.b.c"}}]}}`

func TestSignInRelaysCookiesAndAddsTheToken(t *testing.T) {
	t.Parallel()
	h := newHandlers(t, answers(200, signedIn, "Set-Cookie", "__client=new; HttpOnly", "Set-Cookie", "__client_uat=7", "Set-Cookie", "app=evil"))
	rec := post(h.SignIn, credentials)
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/welcome" {
		t.Fatalf("%d to %q", rec.Code, rec.Header().Get("Location"))
	}
	lines := strings.Join(rec.Header()["Set-Cookie"], "\n")
	for _, want := range []string{"__client=new; HttpOnly", "__client_uat=7", "__session=a.b.c; Path=/; ", "__session_" + wire.CookieSuffix(publishable) + "=a.b.c; Path=/; "} {
		if !strings.Contains(lines, want) {
			t.Errorf("no %q in\n%s", want, lines)
		}
	}
	if strings.Contains(lines, "app=evil") {
		t.Error("the upstream wrote a cookie of the app")
	}
}

func TestRefusalsBecomeTheFormAgain(t *testing.T) {
	t.Parallel()
	envelope := func(code, param string) string {
		return `{"errors":[{"code":"` + code + `","message":"UPSTREAM <b>text</b>","long_message":"UPSTREAM","meta":{"param_name":"` + param + `"}}]}`
	}
	same := "The email address or the password is wrong."
	for _, tt := range []struct {
		name   string
		up     upstream
		status int
		text   string
		retry  string
	}{
		{"unknown account", answers(422, envelope("form_identifier_not_found", "identifier")), 422, same, ""},
		{"wrong password", answers(422, envelope("form_password_incorrect", "password")), 422, same, ""},
		{"either", answers(422, envelope("form_password_or_identifier_incorrect", "identifier")), 422, same, ""},
		{"a code nobody knows", answers(400, envelope("brand_new_code", "identifier")), 422, "That did not work.", ""},
		{"locked", answers(403, envelope("user_locked", ""), "Retry-After", "60"), 403, "too many wrong passwords", "60"},
		{"too often", answers(429, envelope("too_many_requests", ""), "Retry-After", "9"), 429, "Try again in 9 seconds", "9"},
		{"too large", answers(413, envelope("request_body_too_large", "")), 413, "more than this form can take", ""},
		{"busy", answers(503, envelope("service_unavailable", ""), "Retry-After", "2"), 503, "cannot be reached right now", "2"},
		{"broken", answers(500, `{}`), 503, "cannot be reached right now", ""},
		{"a page of HTML", answers(200, "<html>", "Content-Type", "text/html"), 503, "cannot be reached right now", ""},
		{"unreachable", unreachable, 503, "cannot be reached right now", ""},
		{"a second factor", answers(200, `{"response":{"status":"needs_second_factor"},"client":null}`), 422, "one more step", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := post(newHandlers(t, tt.up).SignIn, credentials)
			body := rec.Body.String()
			if rec.Code != tt.status || !strings.Contains(body, tt.text) || rec.Header().Get("Retry-After") != tt.retry {
				t.Errorf("%d, Retry-After %q, want %d with %q\n%s", rec.Code, rec.Header().Get("Retry-After"), tt.status, tt.text, body)
			}
			if strings.Contains(body, "UPSTREAM") {
				t.Error("X04: the upstream's text is shown")
			}
			if !strings.Contains(body, `value="ada@example.com"`) || strings.Contains(body, "the-password") {
				t.Errorf("what was typed was not kept, or the password was:\n%s", body)
			}
			if strings.Contains(strings.Join(rec.Header()["Set-Cookie"], ""), "__session=") {
				t.Error("a session cookie came with a refusal")
			}
			if got := rec.Header().Get("Cache-Control"); got != "private, no-store" {
				t.Errorf("H01: Cache-Control %q", got)
			}
		})
	}
}

func TestSignUpShowsEachFieldsMistake(t *testing.T) {
	t.Parallel()
	h := newHandlers(t, answers(422, `{"errors":[
		{"code":"form_identifier_exists","meta":{"param_name":"email_address"}},
		{"code":"form_password_pwned","meta":{"param_name":"password"}}]}`))
	rec := post(h.SignUp, url.Values{"email_address": {"ada@example.com"}, "password": {"password"}, "first_name": {"Ada"}})
	for _, want := range []string{"There is already an account", "list of common", `value="Ada"`} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %q in\n%s", want, rec.Body)
		}
	}
	rec = post(newHandlers(t, answers(200, `{"response":{"status":"missing_requirements"},"client":null}`)).SignUp,
		url.Values{"email_address": {"ada@example.com"}, "password": {"a long secret"}})
	if rec.Code != 422 || !strings.Contains(rec.Body.String(), "more than this form has") {
		t.Errorf("a sign-up that lacks what the form has no field for: %d", rec.Code)
	}
}

func TestSignOutFailsSafe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		up     upstream
		status int
	}{
		{"ended", answers(200, `{"response":null,"client":null}`, "Set-Cookie", "__client_uat=0; Path=/"), 303},
		{"nothing to end", answers(401, `{"errors":[{"code":"signed_out"}]}`), 303},
		{"unreachable", unreachable, 503},
		{"broken", answers(500, `{}`), 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := post(newHandlers(t, tt.up).SignOut, nil)
			if rec.Code != tt.status {
				t.Errorf("status %d, want %d", rec.Code, tt.status)
			}
			lines := strings.Join(rec.Header()["Set-Cookie"], "\n")
			if !strings.Contains(lines, "__session=; Path=/; Max-Age=0") || !strings.Contains(lines, "__client_uat=0") {
				t.Errorf("this browser is still signed in:\n%s", lines)
			}
			if tt.status == 503 && (!strings.Contains(lines, "__client=; ") || !strings.Contains(rec.Body.String(), "could not be reached to end the session")) {
				t.Errorf("not told, or renewable:\n%s\n%s", lines, rec.Body)
			}
		})
	}
}

func TestWithoutProxySignOutRevokesThroughTheBackend(t *testing.T) {
	t.Parallel()
	users, err := userclient.New(userclient.Config{SecretKey: secret, Transport: upstream(unreachable)})
	if err != nil {
		t.Fatal(err)
	}
	h, err := handlers.New(handlers.Config{PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, NoProxy: true, Users: users})
	if err != nil {
		t.Fatal(err)
	}
	if rec := post(h.SignOut, nil); rec.Code != http.StatusSeeOther { // nobody is signed in: no call
		t.Errorf("status %d", rec.Code)
	}
	if _, err := handlers.New(handlers.Config{PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, NoProxy: true}); err == nil {
		t.Error("NoProxy without Users was accepted")
	}
}

func TestPagesTakeTheirMethodsOnly(t *testing.T) {
	t.Parallel()
	h := newHandlers(t, unreachable)
	for name, tt := range map[string]struct {
		page  http.HandlerFunc
		allow string
	}{"sign-in": {h.SignIn, "GET, HEAD, POST"}, "sign-up": {h.SignUp, "GET, HEAD, POST"}, "sign-out": {h.SignOut, "POST"}, "profile": {h.Profile, "GET, HEAD, POST"}, "organizations": {h.Organizations, "GET, HEAD, POST"}} {
		rec := httptest.NewRecorder()
		tt.page(rec, httptest.NewRequest("DELETE", "/", nil))
		if rec.Code != 405 || rec.Header().Get("Allow") != tt.allow {
			t.Errorf("%s: %d, Allow %q", name, rec.Code, rec.Header().Get("Allow"))
		}
	}
}

// TestS04_AFormThatTakesTooLongToArrive: the server's read timeout ends it.
func TestS04_AFormThatTakesTooLongToArrive(t *testing.T) {
	t.Parallel()
	late := io.MultiReader(strings.NewReader("identifier=ada"), iotest.ErrReader(os.ErrDeadlineExceeded))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", late)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	newHandlers(t, unreachable).SignIn(rec, r)
	if rec.Code != http.StatusRequestTimeout || !strings.Contains(rec.Body.String(), "took too long to arrive") {
		t.Errorf("%d\n%s", rec.Code, rec.Body)
	}
}

// TestFormsSayWhereTheyCanBeSent: a page opened at another name of the same server, such as
// 127.0.0.1, is told the right one, and the log says what is wrong.
func TestFormsSayWhereTheyCanBeSent(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h, err := handlers.New(handlers.Config{
		PublishableKey: publishable, SecretKey: secret, PublicOrigin: origin, Transport: upstream(unreachable), Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", nil)
	r.Header.Set("Origin", "http://127.0.0.1:8080"+strings.Repeat("x", 4000))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	rec := httptest.NewRecorder()
	h.SignIn(rec, r)
	if rec.Code != 403 || !strings.Contains(rec.Body.String(), "Please open it at "+origin+".") {
		t.Errorf("%d\n%s", rec.Code, rec.Body)
	}
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "origin=http://127.0.0.1:8080x") || !strings.Contains(log.String(), "x public_origin="+origin) || log.Len() > 500 {
		t.Errorf("log: %s", log.String())
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := handlers.New(handlers.Config{
		PublishableKey: secret, SecretKey: publishable, PublicOrigin: "https://app.example.com/", FrontendAPIURL: "http://clerk.example.com", ProxyPath: "clerk/",
		AllowedRedirectOrigins: []string{"https://shop.example.com", "other.example.com"},
	})
	for _, want := range []string{"PublishableKey", "SecretKey", "PublicOrigin", "FrontendAPIURL", "ProxyPath", `"other.example.com" is not an origin`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want it to name %s", err, want)
		}
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Error("V02: the message shows the secret key")
	}
}

func TestV02_ConfigAndHandlersHideTheSecretKey(t *testing.T) {
	t.Parallel()
	cfg := handlers.Config{PublishableKey: publishable, SecretKey: secret}
	h := newHandlers(t, unreachable)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{cfg, h} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, secret) {
				t.Errorf("%s of %T shows the secret key", verb, v)
			}
		}
	}
	if strings.Contains(cfg.LogValue().String(), secret) {
		t.Error("LogValue shows the secret key")
	}
}
