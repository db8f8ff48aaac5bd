package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/handlers"
)

func open(page http.HandlerFunc, target string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	page(rec, httptest.NewRequest(http.MethodGet, origin+target, nil))
	return rec
}

// hosted is an instance that does not say what a ticket is for.
func hosted(t *testing.T, client string, attempts ...*http.Response) (*handlers.Handlers, *[]string) {
	t.Helper()
	var calls []string
	return newHandlers(t, func(r *http.Request) (*http.Response, error) {
		calls = append(calls, r.Method+" "+r.URL.Path)
		switch {
		case r.URL.Path == "/v1/client" && r.Method == http.MethodGet:
			return response(200, client), nil
		case r.URL.Path == "/v1/tickets":
			return response(404, `{"errors":[{"code":"resource_not_found"}]}`), nil
		}
		next := attempts[0]
		attempts = attempts[1:]
		return next, nil
	}), &calls
}

// A hosted instance knows less of a ticket, and its page asks all the same: the one that the
// address names, and the other one when that was the wrong one. It never goes in a circle.
func TestC1_TicketsOfHostedInstances(t *testing.T) {
	t.Parallel()
	refused := func(code string) *http.Response { return response(400, `{"errors":[{"code":"`+code+`"}]}`) }
	h, _ := hosted(t, `{"response":null}`, refused("invitation_account_not_exists"), refused("invitation_account_exists"), refused("revoked_invitation"))
	for target, want := range map[string]string{"/sign-in?__clerk_ticket=tic": "This link signs you in.", "/sign-up?__clerk_ticket=tic": `autocomplete="new-password"`} {
		page := h.SignIn
		if strings.HasPrefix(target, "/sign-up") {
			page = h.SignUp
		}
		rec := open(page, target)
		if rec.Code != 200 || !strings.Contains(rec.Body.String(), want) || !strings.Contains(rec.Body.String(), `name="ticket" value="tic"`) {
			t.Errorf("%s: %d %s", target, rec.Code, rec.Body)
		}
		if got := rec.Header().Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("V04: %s: Referrer-Policy %q", target, got)
		}
	}
	if rec := post(h.SignIn, url.Values{"ticket": {"tic"}}); rec.Header().Get("Location") != "/sign-up?__clerk_ticket=tic" {
		t.Errorf("somebody new is sent to %q", rec.Header().Get("Location"))
	}
	form := url.Values{"ticket": {"tic"}, "password": {"correct horse battery"}}
	if rec := post(h.SignUp, form); rec.Header().Get("Location") != "/sign-in?__clerk_ticket=tic" {
		t.Errorf("somebody known is sent to %q", rec.Header().Get("Location"))
	}
	if rec := post(h.SignUp, form); rec.Code != 422 || !strings.Contains(rec.Body.String(), "has been withdrawn") || strings.Contains(rec.Body.String(), "tic") && strings.Contains(rec.Body.String(), `name="ticket"`) {
		t.Errorf("a revoked one: %d %s", rec.Code, rec.Body)
	}
}

// C2, on a hosted instance: who is signed in, and how to go on.
func TestC2_SomebodyIsSignedInOnAHostedInstance(t *testing.T) {
	t.Parallel()
	h, calls := hosted(t, `{"response":{"object":"client","id":"client_1","last_active_session_id":"sess_1","sessions":[
		{"object":"session","id":"sess_1","status":"active","user":{"object":"user","id":"user_1","first_name":"Bob"}}]}}`)
	rec := open(h.SignUp, "/sign-up?__clerk_ticket=tic")
	for _, want := range []string{"You are signed in as <bdi>Bob</bdi>", "Sign out and continue", `name="ticket" value="tic"`, `value="switch"`} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %q in %s", want, rec.Body)
		}
	}
	for _, call := range *calls {
		if !strings.HasPrefix(call, "GET ") {
			t.Errorf("F07: opening the link calls %s", call)
		}
	}
}

// C3: refusals of the Frontend API are pages for people and JSON for programs.
func TestC3_RefusalsArePagesForPeopleOnly(t *testing.T) {
	t.Parallel()
	const envelope = `{"errors":[{"code":"invalid_handshake","message":"no <b>"}],"clerk_trace_id":"t"}`
	h := newHandlers(t, answers(400, envelope, "Set-Cookie", "__client=x; Path=/"))
	for name, tt := range map[string]struct {
		method, path string
		header       []string
		page         bool
	}{
		"a browser":              {"GET", "/v1/client/handshake", []string{"Sec-Fetch-Mode", "navigate"}, true},
		"a service worker's":     {"GET", "/v1/client/handshake", []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "empty"}, true},
		"an old browser":         {"GET", "/v1/client/handshake", []string{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}, true},
		"one of another address": {"GET", "/v1/me", []string{"Accept", "text/html"}, false},
		"a script":               {"GET", "/v1/client/handshake", []string{"Sec-Fetch-Mode", "cors", "Accept", "text/html"}, false},
		"curl":                   {"GET", "/v1/client/handshake", []string{"Accept", "*/*"}, false},
		"a program":              {"GET", "/v1/client/handshake", nil, false},
		"a client":               {"GET", "/v1/client/handshake", []string{"Accept", "application/json, text/html"}, false},
		"a form":                 {"POST", "/v1/client/handshake", []string{"Sec-Fetch-Mode", "navigate"}, false},
	} {
		r := httptest.NewRequest(tt.method, "/__clerk"+tt.path, nil)
		for i := 0; i+1 < len(tt.header); i += 2 {
			r.Header.Set(tt.header[i], tt.header[i+1])
		}
		rec := httptest.NewRecorder()
		h.FrontendAPI().ServeHTTP(rec, r)
		body := rec.Body.String()
		if isPage := strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html"); isPage != tt.page || rec.Code != 400 || !tt.page && body != envelope {
			t.Errorf("%s: %d %s %s", name, rec.Code, rec.Header().Get("Content-Type"), body)
		}
		if tt.page && (strings.Contains(body, "no <b>") || strings.Contains(body, "invalid_handshake") || !strings.Contains(body, `role="alert"`)) {
			t.Errorf("%s: %s", name, body)
		}
		if rec.Header().Get("Set-Cookie") == "" {
			t.Errorf("%s: the cookie is lost", name)
		}
	}
}

// C2: an app that names its pages to the middleware alone has its links there.
func TestC2_LinksLeadToThePagesThatTheMiddlewareKnows(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.SignInURL, cfg.SignUpURL, cfg.PublicOrigin = "/login", "/join", origin
	auth, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h, err := handlers.New(handlers.Config{PublishableKey: cfg.PublishableKey, SecretKey: secret, PublicOrigin: origin})
	if err != nil {
		t.Fatal(err)
	}
	app := auth.Handler(h.FollowTickets(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })))
	for path, want := range map[string]string{
		"/team?__clerk_ticket=abc":  "/login?__clerk_ticket=abc&redirect_url=%2Fteam",
		"/login?__clerk_ticket=abc": "",
		"/join?__clerk_ticket=abc":  "",
	} {
		rec := httptest.NewRecorder()
		app.ServeHTTP(rec, httptest.NewRequest("GET", path, http.NoBody))
		if got := rec.Header().Get("Location"); got != want {
			t.Errorf("%s leads to %q, want %q", path, got, want)
		}
	}
}
