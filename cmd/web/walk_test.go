package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestSignUpGreetsByName(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.get("/welcome").want(t, 200, "Sign in to view this page")
	b.signUp("ada@example.com", "Ada")
	b.get("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
	b.get("/dashboard").want(t, 200)
	for _, path := range []string{"/example", "/client/auth", "/client/user"} {
		b.get(path).want(t, 200, `"isAuthenticated":true`)
	}
}

func TestApisTellWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	for _, path := range []string{"/api/user", "/api/auth"} {
		a := b.get(path)
		a.want(t, 401, `"errors":[{"code":"`)
		if a.Header.Get("WWW-Authenticate") == "" || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: headers %v", path, a.Header)
		}
	}
	b.signUp("ada@example.com", "Ada")
	bearer := s.browser(t)
	for _, path := range []string{"/api/user", "/api/auth"} {
		for _, a := range []*answer{b.get(path), bearer.get(path, "Authorization", "Bearer "+b.cookies["__session"])} {
			a.want(t, 200, "Ada")
			var got struct{ User struct{ ID string } }
			if err := json.Unmarshal([]byte(a.body), &got); err != nil || !strings.HasPrefix(got.User.ID, "user_") {
				t.Errorf("%s: %s", path, a.body)
			}
			if strings.Contains(a.body, "private") || strings.Contains(a.body, "password") {
				t.Errorf("%s shows private data: %s", path, a.body)
			}
		}
	}
}

func TestProtectedPageLeadsToSignInAndBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.browser(t).signUp("ada@example.com", "Ada")
	b := s.browser(t)
	a := b.get("/dashboard?tab=1")
	if a.StatusCode != 303 || a.location() != "/sign-in?redirect_url=%2Fdashboard%3Ftab%3D1" {
		t.Fatalf("/dashboard: %d to %q", a.StatusCode, a.location())
	}
	form := b.get(a.location())
	form.want(t, 200, `value="/dashboard?tab=1"`)
	if a = b.signIn("ada@example.com", "/dashboard?tab=1"); a.StatusCode != 303 || a.location() != "/dashboard?tab=1" {
		t.Fatalf("sign-in: %d to %q", a.StatusCode, a.location())
	}
	b.get("/dashboard?tab=1").want(t, 200)
	if a = b.get("/sign-in?redirect_url=/example"); a.StatusCode != 303 || a.location() != "/example" {
		t.Errorf("/sign-in when signed in: %d to %q, want 303 to /example", a.StatusCode, a.location())
	}
}

func TestSignOutEndsTheSession(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	before := b.twin()
	if a := b.post("/sign-out", nil); a.StatusCode != 303 || a.location() != "/" {
		t.Fatalf("sign-out: %d to %q", a.StatusCode, a.location())
	}
	for name, value := range b.cookies {
		if strings.HasPrefix(name, "__session") || strings.HasPrefix(name, "__client_") && !strings.HasPrefix(name, "__client_uat") || value != "0" {
			t.Errorf("cookie %s=%s is left", name, value)
		}
	}
	b.get("/welcome").want(t, 200, "Sign in to view this page")
	if a := b.get("/dashboard"); a.StatusCode != 303 {
		t.Errorf("/dashboard after sign-out: %d", a.StatusCode)
	}
	if a := before.post("/__clerk/v1/client/sessions/x/tokens", nil); a.StatusCode == 200 {
		t.Error("C08: a copy of the client cookie still works after sign-out")
	}
	var got struct{ Response *struct{ Sessions []any } }
	if err := json.Unmarshal([]byte(before.get("/__clerk/v1/client").body), &got); err != nil || got.Response != nil && len(got.Response.Sessions) > 0 {
		t.Errorf("C08: a copy of the client cookie still has sessions: %+v", got)
	}
}

// C06: whoever copied the client cookie is out once the password was changed.
func TestC06_PasswordChangeShutsOutCopiesOfTheClientCookie(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	thief := b.twin()
	b.post("/user", url.Values{"action": {"password"}, "current_password": {password}, "new_password": {"a whole new battery staple"}}).want(t, 303)
	if body := thief.get("/__clerk/v1/client").body; strings.Contains(body, "user_") {
		t.Error("the copy still opens the client")
	}
	b.get("/user").want(t, 200, "ada@example.com")
}

// C08: a client cookie that somebody planted beside the genuine one does not keep the
// session alive behind the back of who signs out.
func TestC08_SignOutWithAPlantedClientCookie(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, line := range []string{"__client=%s; __client=planted", "__client=planted; __client=%s"} {
		b := s.browser(t)
		b.signUp(strings.ToLower(rand.Text())+"@example.com", "Ada")
		saved := b.twin()
		b.post("/sign-out", nil, "Cookie", fmt.Sprintf(line, b.cookies[b.clientName()])).want(t, 303)
		if body := saved.get("/__clerk/v1/client").body; strings.Contains(body, "user_") {
			t.Errorf("%s: the session is left", line)
		}
	}
	// So many that trying them all would be work for others.
	b := s.browser(t)
	b.post("/sign-out", nil, "Cookie", "__client=1; __client=2; __client=3; __client=4; __client=5").want(t, 503, "on this device only")
}

// A browser can lose the cookies that scripts see and keep the one they do not. A form of
// the same person then signs in again; another person is told who is signed in.
func TestBrowserWithItsClientCookieOnlyFindsItsSessionAgain(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/sign-in", "/sign-up"} {
		s := start(t)
		b := s.browser(t)
		b.signUp("ada@example.com", "Ada")
		b.cookies = map[string]string{b.clientName(): b.cookies[b.clientName()]}
		b.get("/welcome").want(t, 200, "Sign in to view this page")
		a := b.post(path, url.Values{"identifier": {"ada@example.com"}, "email_address": {"bob@example.com"}, "password": {password}})
		if path == "/sign-in" {
			a.want(t, 303)
		} else {
			a.want(t, 422, "already signed in", "Continue as", "Sign out and")
		}
		b.settle("/welcome").want(t, 200, "Welcome, <bdi>Ada</bdi>!")
	}
}

func TestFormsSayWhatIsWrongAndKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.browser(t).signUp("taken@example.com", "Ada")
	same := "The email address or the password is wrong."
	for _, tt := range []struct {
		name, path string
		form       url.Values
		status     int
		text       string
		kept       []string
	}{
		{"wrong password", "/sign-in", url.Values{"identifier": {"taken@example.com"}, "password": {"not the password"}}, 422, same, []string{"taken@example.com"}},
		{"unknown account", "/sign-in", url.Values{"identifier": {"nobody@example.com"}, "password": {"not the password"}}, 422, same, []string{"nobody@example.com"}},
		{"no password", "/sign-in", url.Values{"identifier": {"taken@example.com"}}, 422, "Enter a password.", []string{"taken@example.com"}},
		{"nothing", "/sign-in", url.Values{}, 422, "Enter your email address.", nil},
		{"no address", "/sign-in", url.Values{"identifier": {"not an address"}, "password": {password}}, 422, "This is not an email address.", []string{"not an address"}},
		{"taken", "/sign-up", url.Values{"email_address": {"taken@example.com"}, "password": {password}, "first_name": {`"Grace" <b>`}}, 422, "There is already an account", []string{"taken@example.com", `"Grace" <b>`}},
		{"malformed", "/sign-up", url.Values{"email_address": {"ada@@example"}, "password": {password}, "last_name": {"Lovelace"}}, 422, "This is not an email address.", []string{"ada@@example", "Lovelace"}},
		{"short password", "/sign-up", url.Values{"email_address": {"new@example.com"}, "password": {"xqzvbnm"}}, 422, "This password is too short.", []string{"new@example.com"}},
		{"common password", "/sign-up", url.Values{"email_address": {"new@example.com"}, "password": {"password123"}}, 422, "on a list of common", []string{"new@example.com"}},
		{"long password", "/sign-up", url.Values{"email_address": {"new@example.com"}, "password": {strings.Repeat("a b", 200)}}, 422, "This password is too long.", []string{"new@example.com"}},
		{"long name", "/sign-up", url.Values{"email_address": {"new@example.com"}, "password": {password}, "first_name": {strings.Repeat("x", 300)}}, 422, "at most 256 characters", []string{"new@example.com"}},
		{"return address is kept", "/sign-in", url.Values{"identifier": {"nobody@example.com"}, "password": {"n0t-the-password"}, "redirect_url": {"/example?a=1"}}, 422, same, []string{"/example?a=1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := s.browser(t)
			a := b.post(tt.path, tt.form)
			a.want(t, tt.status)
			if !strings.Contains(html.UnescapeString(a.text()), tt.text) {
				t.Errorf("the page does not say %q:\n%s", tt.text, a.text())
			}
			for _, v := range tt.kept {
				if !strings.Contains(a.body, `value="`+html.EscapeString(v)+`"`) {
					t.Errorf("%q was not kept", v)
				}
			}
			if p := tt.form.Get("password"); p != "" && strings.Contains(a.body, p) {
				t.Error("the password is in the page")
			}
			if len(b.cookies) > 0 && b.get("/dashboard").StatusCode != 303 {
				t.Error("a refused form signed somebody in")
			}
		})
	}
}

func TestI02_UnknownAccountAndWrongPasswordAnswerAlike(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.browser(t).signUp("ada@example.com", "Ada")
	try := func(email string) *answer {
		return s.browser(t).post("/sign-in", url.Values{"identifier": {email}, "password": {"not the password"}})
	}
	known, unknown := try("ada@example.com"), try("bob@example.com")
	normal := func(a *answer) string {
		page := strings.NewReplacer("ada@example.com", "X", "bob@example.com", "X").Replace(a.body)
		return nonces.ReplaceAllString(page, "N")
	}
	if known.StatusCode != unknown.StatusCode || normal(known) != normal(unknown) {
		t.Errorf("answers differ: %d and %d\n%s\n%s", known.StatusCode, unknown.StatusCode, known.body, unknown.body)
	}
	names := func(h http.Header) (out []string) {
		for name := range h {
			out = append(out, name)
		}
		slices.Sort(out)
		return out
	}
	if !slices.Equal(names(known.Header), names(unknown.Header)) {
		t.Errorf("headers differ: %v and %v", names(known.Header), names(unknown.Header))
	}
}

func TestProfileChangesNamePasswordAndSessions(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	other := s.browser(t)
	if a := other.signIn("ada@example.com", ""); a.StatusCode != 303 {
		t.Fatalf("second sign-in: %d", a.StatusCode)
	}
	b.get("/user").want(t, 200, "ada@example.com")

	if a := b.post("/user", url.Values{"action": {"update"}, "first_name": {"Augusta"}, "last_name": {"King"}}); a.StatusCode != 303 {
		t.Fatalf("update: %d %s", a.StatusCode, a.body)
	}
	b.get("/welcome").want(t, 200, "Welcome, <bdi>Augusta</bdi>!")
	b.get("/user?done=update").want(t, 200, "Your name was saved.")
	if strings.Contains(b.get("/user?done=%3Cb%3Eevil").body, "evil") {
		t.Error("X04: text from the address is shown")
	}
	b.post("/user", url.Values{"action": {"update"}, "first_name": {strings.Repeat("x", 300)}, "last_name": {"Kept"}}).
		want(t, 422, `value="Kept"`)
	b.post("/user", url.Values{"action": {"password"}, "current_password": {"not it at all"}, "new_password": {"another long secret"}}).
		want(t, 422, "This is not your current password.")
	b.post("/user", url.Values{"action": {"format_disk"}}).want(t, 400)

	token := b.cookies["__session"]
	a := b.post("/user", url.Values{
		"action": {"password"}, "current_password": {password}, "new_password": {"another long secret"}, "sign_out_of_other_sessions": {"true"},
	})
	if a.StatusCode != 303 || a.location() != "/user?done=password" {
		t.Fatalf("password: %d %s\n%s", a.StatusCode, a.location(), a.body)
	}
	if b.cookies["__session"] == token {
		t.Error("C06: the acting browser got no new token at once")
	}
	b.get("/user").want(t, 200)
	if a := other.get("/user"); a.StatusCode != 303 || !strings.HasPrefix(a.location(), "/sign-in") {
		t.Errorf("the other session survived the password change: %d %s", a.StatusCode, a.location())
	}
	if a := s.browser(t).post("/sign-in", url.Values{"identifier": {"ada@example.com"}, "password": {"another long secret"}}); a.StatusCode != 303 {
		t.Errorf("sign-in with the new password: %d", a.StatusCode)
	}
}

func TestProfileRevokesAnotherSessionButNotAStrangers(t *testing.T) {
	t.Parallel()
	s := start(t)
	ada, bob := s.browser(t), s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	bob.signUp("bob@example.com", "Bob")
	phone := s.browser(t)
	phone.signIn("ada@example.com", "")
	id := func(b *browser) string {
		var got struct{ SessionID string }
		_ = json.Unmarshal([]byte(b.get("/api/auth").body), &got)
		return got.SessionID
	}
	if a := ada.post("/user", url.Values{"action": {"revoke_session"}, "session_id": {id(bob)}}); a.StatusCode != 422 {
		t.Errorf("C21: revoking a stranger's session: %d", a.StatusCode)
	}
	bob.get("/user").want(t, 200)
	if a := ada.post("/user", url.Values{"action": {"revoke_session"}, "session_id": {id(phone)}}); a.StatusCode != 303 {
		t.Errorf("revoking one's own: %d %s", a.StatusCode, a.body)
	}
	if a := phone.get("/user"); a.StatusCode != 303 {
		t.Errorf("the revoked session still shows a profile: %d", a.StatusCode)
	}
	ada.get("/user").want(t, 200)
}

func TestTwoPeopleNeverSeeEachOther(t *testing.T) {
	t.Parallel()
	s := start(t)
	people := map[string]*browser{"Ada": s.browser(t), "Bob": s.browser(t), "Cyd": s.browser(t)}
	for name, b := range people {
		b.signUp(name+"@example.com", name)
	}
	for name, b := range people {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				page := b.settle("/welcome").body // a slow machine outlives a token
				if !strings.Contains(page, "Welcome, <bdi>"+name+"</bdi>!") {
					t.Fatalf("L17: %s is not greeted", name)
				}
				for other := range people {
					if other != name && strings.Contains(page, "Welcome, <bdi>"+other) {
						t.Fatalf("L17: %s sees %s", name, other)
					}
				}
			}
		})
	}
}
