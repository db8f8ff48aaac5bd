package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// script plays a Frontend API that answers each call by the end of its path, and notes
// which calls came with which client cookie.
type script struct {
	answers map[string]*http.Response
	calls   []string
}

func (s *script) serve(r *http.Request) (*http.Response, error) {
	client, _ := r.Cookie("__client")
	s.calls = append(s.calls, r.Method+" "+r.URL.Path+" as "+client.Value)
	for end, res := range s.answers {
		if strings.HasSuffix(r.URL.Path, end) {
			return res, nil
		}
	}
	return unreachable(r)
}

func show(h http.HandlerFunc, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, origin+target, nil)
	r.AddCookie(&http.Cookie{Name: "__client", Value: "sealed"})
	rec := httptest.NewRecorder()
	h(rec, r)
	return rec
}

const (
	waiting = `{"object":"sign_up_attempt","id":"sua_1","status":"missing_requirements","missing_fields":[],
		"unverified_fields":["email_address"],"email_address":"ada@example.com","verifications":{"email_address":%VERIFICATION%}}`
	asked     = `{"status":"unverified","strategy":"email_code","next_action":"needs_attempt","supported_strategies":["email_code"]}`
	notYet    = `{"status":"unverified","next_action":"needs_prepare","supported_strategies":["email_code"]}`
	newCookie = "__client=renewed; Path=/; HttpOnly"
)

func signUpAs(verification string) string {
	return strings.ReplaceAll(waiting, "%VERIFICATION%", verification)
}

func clientWith(signUp string) string {
	return `{"response":{"object":"client","id":"client_1","sessions":[],"sign_up":` + signUp + `},"client":null}`
}

func refusing(code string) string {
	return `{"errors":[{"code":"` + code + `","message":"UPSTREAM","meta":{"param_name":"code"}}]}`
}

var newcomer = url.Values{"email_address": {"ada@example.com"}, "password": {"a long secret"}, "redirect_url": {"/example"}}

// The second call of one request goes on with the client that the first one made.
func TestSignUpAsksForTheCodeInTheNameOfTheNewClient(t *testing.T) {
	t.Parallel()
	s := &script{answers: map[string]*http.Response{
		"/sign_ups":             response(200, `{"response":`+signUpAs(notYet)+`,"client":null}`, "Set-Cookie", newCookie),
		"/prepare_verification": response(200, `{"response":`+signUpAs(asked)+`,"client":null}`),
	}}
	rec := post(newHandlers(t, s.serve).SignUp, newcomer)
	if got := rec.Header().Get("Location"); rec.Code != 303 || got != "/sign-up?redirect_url=%2Fexample&step=code" {
		t.Errorf("%d to %q", rec.Code, got)
	}
	want := "POST /v1/client/sign_ups as sealed|POST /v1/client/sign_ups/sua_1/prepare_verification as renewed"
	if got := strings.Join(s.calls, "|"); got != want {
		t.Errorf("calls:\n%s, want\n%s", got, want)
	}
	if lines := rec.Header()["Set-Cookie"]; len(lines) != 1 || lines[0] != newCookie {
		t.Errorf("cookies %q", lines)
	}
}

// A sign-up that stands is not lost when its code cannot be sent: the page offers another.
func TestSignUpWhoseCodeWasNotSent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		res    *http.Response
		status int
		texts  []string
	}{
		{"too many to this address", response(429, refusing("verification_code_too_many_requests"), "Retry-After", "40"), 429, []string{"Try again in 40 seconds", "Send another code", "sua_1"}},
		{"no room for mail", response(503, `{}`), 503, []string{"cannot be reached", "Send another code"}},
		{
			"taken in the meantime", response(422, `{"errors":[{"code":"form_identifier_exists","meta":{"param_name":"email_address"}}]}`), 422,
			[]string{"already an account", `name="password"`},
		},
	} {
		s := &script{answers: map[string]*http.Response{
			"/sign_ups":             response(200, `{"response":`+signUpAs(notYet)+`,"client":null}`, "Set-Cookie", newCookie),
			"/prepare_verification": tt.res,
		}}
		rec := post(newHandlers(t, s.serve).SignUp, newcomer)
		if rec.Code != tt.status || len(rec.Header()["Set-Cookie"]) != 1 {
			t.Errorf("%s: %d, cookies %q", tt.name, rec.Code, rec.Header()["Set-Cookie"])
		}
		for _, want := range tt.texts {
			if !strings.Contains(rec.Body.String(), want) {
				t.Errorf("%s: no %q in\n%s", tt.name, want, rec.Body)
			}
		}
	}
}

// A code is asked for only where it is all that is missing, and the instance has codes.
func TestSignUpThatACodeDoesNotFinish(t *testing.T) {
	t.Parallel()
	for name, signUp := range map[string]string{
		"another field": strings.Replace(signUpAs(notYet), `"missing_fields":[]`, `"missing_fields":["phone_number"]`, 1),
		"another proof": strings.Replace(signUpAs(notYet), `["email_address"]`, `["email_address","phone_number"]`, 1),
		"a link":        signUpAs(`{"status":"unverified","supported_strategies":["email_link"]}`),
	} {
		s := &script{answers: map[string]*http.Response{"/sign_ups": response(200, `{"response":`+signUp+`,"client":null}`)}}
		rec := post(newHandlers(t, s.serve).SignUp, newcomer)
		if rec.Code != 422 || !strings.Contains(rec.Body.String(), "more than this form has") || len(s.calls) != 1 {
			t.Errorf("%s: %d after %v", name, rec.Code, s.calls)
		}
	}
}

func TestCodePageSaysHowTheCodeStands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, client, query, text string }{
		{"sent", clientWith(signUpAs(asked)), "", "Enter the code from the email"},
		{"sent again", clientWith(signUpAs(asked)), "&done=resend", "We sent another code"},
		{"not sent", clientWith(signUpAs(notYet)), "&done=resend", "No code was sent yet"},
		{"expired", clientWith(signUpAs(`{"status":"expired","next_action":"needs_prepare"}`)), "", "has expired"},
		{"failed", clientWith(signUpAs(`{"status":"failed","next_action":"needs_prepare"}`)), "", "too many wrong codes"},
		{"nothing waits", clientWith("null"), "", "no longer open"},
		{"no client", `{"response":null,"client":null}`, "", "no longer open"},
		{"text of others", clientWith(strings.Replace(signUpAs(asked), "ada@", `<i>ada</i>@`, 1)), "", "&lt;i&gt;ada"},
	} {
		rec := show(newHandlers(t, answers(200, tt.client)).SignUp, "/sign-up?step=code"+tt.query)
		if rec.Code != 200 || !strings.Contains(rec.Body.String(), tt.text) {
			t.Errorf("%s: %d without %q\n%s", tt.name, rec.Code, tt.text, rec.Body)
		}
		if got := rec.Header().Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("H01: %s: Cache-Control %q", tt.name, got)
		}
	}
	if rec := show(newHandlers(t, unreachable).SignUp, "/sign-up?step=code"); rec.Code != 503 {
		t.Errorf("unreachable: %d", rec.Code)
	}
	if rec := show(newHandlers(t, answers(401, refusing("signed_out"))).SignUp, "/sign-up?step=code"); rec.Code != 200 || !strings.Contains(rec.Body.String(), "no longer open") {
		t.Errorf("a client that is gone: %d", rec.Code)
	}
}

func TestCodeIsTakenOrRefused(t *testing.T) {
	t.Parallel()
	done := `{"response":{"object":"sign_up_attempt","id":"sua_1","status":"complete","created_session_id":"sess_1"},
		"client":{"last_active_session_id":"sess_1","sessions":[{"id":"sess_1","status":"active","last_active_token":{"object":"token","jwt":"a.b.c"}}]}}`
	for _, tt := range []struct {
		name     string
		res      *http.Response
		status   int
		text     string
		location string
	}{
		{"right", response(200, done), 303, "", "/example"},
		{"right, and more is missing", response(200, `{"response":`+signUpAs(asked)+`,"client":null}`), 422, "one more step", ""},
		{"wrong", response(422, refusing("form_code_incorrect")), 422, "Use the code from the latest email.", ""},
		{"expired", response(400, refusing("verification_expired")), 422, "has expired", ""},
		{"too many", response(400, refusing("verification_failed")), 422, "too many wrong codes", ""},
		{"too often", response(429, refusing("too_many_requests"), "Retry-After", "9"), 429, "Try again in 9 seconds", ""},
		{"proven in another tab", response(400, refusing("verification_already_verified")), 303, "", "/sign-up?redirect_url=%2Fexample&step=code"},
		{"replaced in another tab", response(404, refusing("resource_not_found")), 303, "", "/sign-up?redirect_url=%2Fexample&step=code"},
		{"unreachable", response(500, `{}`), 503, "cannot be reached", ""},
	} {
		s := &script{answers: map[string]*http.Response{"/v1/client": response(200, clientWith(signUpAs(asked))), "/attempt_verification": tt.res}}
		rec := post(newHandlers(t, s.serve).SignUp, url.Values{"action": {"code"}, "attempt_id": {"sua_1"}, "code": {"123 456"}, "redirect_url": {"/example"}})
		body := rec.Body.String()
		if rec.Code != tt.status || rec.Header().Get("Location") != tt.location || !strings.Contains(body, tt.text) {
			t.Errorf("%s: %d to %q\n%s", tt.name, rec.Code, rec.Header().Get("Location"), body)
		}
		if strings.Contains(body, "UPSTREAM") || strings.Contains(body, "123") {
			t.Errorf("%s: shows the upstream's text, or the code", tt.name)
		}
		if signedIn := strings.Contains(strings.Join(rec.Header()["Set-Cookie"], ""), "__session="); signedIn != (tt.location == "/example") {
			t.Errorf("%s: session cookie %v", tt.name, signedIn)
		}
	}
}

const secondFactor = `{"object":"sign_in_attempt","id":"sia_1","status":"needs_client_trust","identifier":"ada@example.com",
	"supported_second_factors":[{"strategy":"phone_code"},{"strategy":"email_code","email_address_id":"idn_1","primary":true}],
	"second_factor_verification":{"status":"unverified","strategy":"email_code"}}`

// A hosted instance wants a code by mail after the password, in a browser that it does not
// know.
func TestSignInGoesOnWithASecondFactor(t *testing.T) {
	t.Parallel()
	s := &script{answers: map[string]*http.Response{
		"/sign_ins":              response(200, `{"response":`+secondFactor+`,"client":null}`, "Set-Cookie", newCookie),
		"/prepare_second_factor": response(200, `{"response":`+secondFactor+`,"client":null}`),
	}}
	rec := post(newHandlers(t, s.serve).SignIn, credentials)
	if got := rec.Header().Get("Location"); rec.Code != 303 || got != "/sign-in?step=code" {
		t.Errorf("%d to %q\n%s", rec.Code, got, rec.Body)
	}
	if want := "POST /v1/client/sign_ins as sealed|POST /v1/client/sign_ins/sia_1/prepare_second_factor as renewed"; strings.Join(s.calls, "|") != want {
		t.Errorf("calls: %q", s.calls)
	}

	s = &script{answers: map[string]*http.Response{
		"/v1/client":             response(200, `{"response":{"object":"client","sessions":[],"sign_in":`+secondFactor+`},"client":null}`),
		"/attempt_second_factor": response(200, signedIn),
	}}
	rec = post(newHandlers(t, s.serve).SignIn, url.Values{"action": {"code"}, "attempt_id": {"sia_1"}, "code": {"123456"}, "redirect_url": {"/example"}})
	if got := rec.Header().Get("Location"); rec.Code != 303 || got != "/example" || !strings.Contains(strings.Join(rec.Header()["Set-Cookie"], ""), "__session=a.b.c") {
		t.Errorf("%d to %q after %v", rec.Code, got, s.calls)
	}

	s = &script{answers: map[string]*http.Response{
		"/sign_ins": response(200, `{"response":{"id":"sia_1","status":"needs_new_password"},"client":null}`),
	}}
	if got := post(newHandlers(t, s.serve).SignIn, credentials).Header().Get("Location"); got != "/sign-in?step=password" {
		t.Errorf("a password that has to be replaced leads to %q", got)
	}
}
