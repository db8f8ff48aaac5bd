package pages_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestWelcome(t *testing.T) {
	t.Parallel()
	const mail = `"primary_email_address_id":"idn_1","email_addresses":[{"id":"idn_1","email_address":"zoe@example.test"}]`
	tests := []struct {
		name    string
		backend http.HandlerFunc
		signed  bool
		want    []string
		not     string
	}{
		{"nobody is asked to sign in", answer(200, ada), false, []string{"Sign in to view this page"}, "Welcome"},
		{"a person is greeted by first name", answer(200, ada), true, []string{"Welcome, Ada!"}, "Sign in"},
		{"without a first name, by address", answer(200, `{"object":"user","id":"user_1",`+mail+`}`), true, []string{"Welcome, zoe@example.test!"}, "null"},
		{"without either, all the same", answer(200, `{"object":"user","id":"user_1"}`), true, []string{"Welcome, there!"}, "null"},
		{"without the API the token is enough", answer(500, `{}`), true, []string{"Welcome, there!", "cannot be loaded", "user_1"}, "Ada"},
		{"an answer that is no JSON is no answer", answer(200, `<html>`), true, []string{"Welcome, there!", "user_1"}, "Ada"},
		{"an answer about somebody else is no answer", answer(200, strings.Replace(ada, "user_1", "user_2", 1)), true, []string{"Welcome, there!", "user_1"}, "Ada"},
		{"a person who was deleted is told", answer(404, `{"errors":[{"code":"resource_not_found"}]}`), true, []string{"cannot be loaded", "user_1"}, "resource_not_found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			jwt := ""
			if tt.signed {
				jwt = mint(t, nil)
			}
			rec := newSite(t, tt.backend).get("/welcome", jwt)
			if rec.Code != http.StatusOK {
				t.Errorf("status %d", rec.Code)
			}
			got := shown(t, rec)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("page reads %q, want %q in it", got, want)
				}
			}
			if strings.Contains(got, tt.not) {
				t.Errorf("page reads %q, want no %q in it", got, tt.not)
			}
		})
	}
}

// TestPagesGreetFromTheToken: with the name in the token no page that only greets asks the
// Backend API, so it may be gone.
func TestPagesGreetFromTheToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(500, `{}`))
	jwt := mint(t, map[string]any{"first_name": "Grace", "last_name": "Hopper"})
	for _, path := range []string{"/", "/welcome", "/dashboard", "/organization", "/client/auth"} {
		body := s.get(path, jwt).Body.String()
		if !strings.Contains(body, "Grace Hopper") || path == "/welcome" && !strings.Contains(body, "Welcome, <bdi>Grace</bdi>!") {
			t.Errorf("%s does not greet", path)
		}
	}
	if n := s.calls.Load(); n != 0 {
		t.Errorf("%d calls, want 0", n)
	}
}

// A name stands apart from the sentence, whatever characters it has.
func TestC7_PagesKeepNamesApart(t *testing.T) {
	t.Parallel()
	const evil = "evil\u2069\u202e"
	s := newSite(t, answer(200, `{"object":"user","id":"user_1","first_name":"`+evil+`"}`))
	jwt := mint(t, map[string]any{"first_name": evil})
	for path, sentence := range map[string]string{"/welcome": "Welcome, ", "/example": "Hello, ", "/client/user": "Hello, "} {
		body := s.get(path, jwt).Body.String()
		_, after, found := strings.Cut(body, sentence)
		_, name, _ := strings.Cut(after, "<bdi")
		if !found || strings.Contains(after[:len(after)-len(name)], "evil") || !strings.Contains(name[:min(len(name), 80)], ">evil\u202e</bdi>") {
			t.Errorf("%s: %.200q", path, after)
		}
	}
}

func TestWelcomeTextIsUnbroken(t *testing.T) {
	t.Parallel()
	s := newSite(t, answer(200, ada))
	if body := s.get("/welcome", mint(t, nil)).Body.String(); !strings.Contains(body, "Welcome, <bdi>Ada</bdi>!") {
		t.Error("the greeting is not one piece of text")
	}
	body := s.get("/welcome", "").Body.String()
	if !strings.Contains(body, "Sign in to view this page") || !strings.Contains(body, `href="/sign-in?redirect_url=%2Fwelcome"`) {
		t.Error("no text or no way to sign in")
	}
}
