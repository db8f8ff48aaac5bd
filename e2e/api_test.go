package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

var apis = []string{"/api/user", "/api/auth"}

// envelope is the error form of the protocol.
type envelope struct {
	Errors []struct {
		Code        string `json:"code"`
		Message     string `json:"message"`
		LongMessage string `json:"long_message"`
	} `json:"errors"`
	TraceID string `json:"clerk_trace_id"`
}

func TestTheAPIsAnswerStrangersWithTheEnvelope(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	ghost := s.visitor()
	ghost.signUp(ada)
	forged := ghost.cookie("__session")[:40] + "x" + ghost.cookie("__session")[41:]
	for _, path := range apis {
		for name, header := range map[string][]string{
			"no credentials": nil,
			"no token":       {"Authorization", "Bearer "},
			"forged token":   {"Authorization", "Bearer " + forged},
			"forged cookie":  {"Cookie", "__session=" + forged},
			"basic":          {"Authorization", "Basic YWRhOnB3"},
		} {
			a := s.visitor().get(path, header...)
			var e envelope
			if err := json.Unmarshal([]byte(a.Body), &e); err != nil || len(e.Errors) == 0 || e.Errors[0].Code == "" || e.Errors[0].Message == "" || e.TraceID == "" {
				t.Errorf("%s with %s: not the envelope (%v): %v", path, name, err, a)
			}
			if a.Status != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s with %s: %v, want 401 with WWW-Authenticate", path, name, a)
			}
			wantPrivate(t, path, a)
		}
	}
}

func TestTheAPIsAnswerWithTheUserByCookieAndByBearer(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.newPerson(t)
	b.signUp(ada)
	b.Tolerate("/favicon.ico") // JSON says nothing of an icon, so the browser asks
	b.Open("/client/auth")
	token := b.token("")
	me := b.sessionClaims()
	cookies := "__session=" + token + "; __client_uat=" + b.Cookies()["__client_uat"].Value
	for _, path := range apis {
		byBearer := s.visitor().get(path, "Authorization", "Bearer "+token)
		byCookie := s.visitor().get(path, "Cookie", cookies)
		b.Open(path)
		inBrowser := b.Text("body")
		for name, text := range map[string]string{"bearer": byBearer.Body, "cookie": byCookie.Body, "browser": inBrowser} {
			var body struct {
				UserID    string `json:"userId"`
				SessionID string `json:"sessionId"`
				User      struct {
					ID        string `json:"id"`
					FirstName string `json:"first_name"`
					Emails    []struct {
						EmailAddress string `json:"email_address"`
					} `json:"email_addresses"`
				} `json:"user"`
			}
			if err := json.Unmarshal([]byte(text), &body); err != nil {
				t.Errorf("%s by %s: %v: %s", path, name, err, text)
				continue
			}
			if body.User.ID != me.Subject || body.User.FirstName != "Ada" || len(body.User.Emails) != 1 || body.User.Emails[0].EmailAddress != ada.Email {
				t.Errorf("%s by %s: %s", path, name, text)
			}
			if path == "/api/auth" && (body.UserID != me.Subject || body.SessionID != me.Session) {
				t.Errorf("%s by %s names %q and %q, want %q and %q", path, name, body.UserID, body.SessionID, me.Subject, me.Session)
			}
		}
		if byBearer.Status != http.StatusOK || byCookie.Status != http.StatusOK {
			t.Errorf("%s: %d by Bearer, %d by cookie, want 200", path, byBearer.Status, byCookie.Status)
		}
		wantPrivate(t, path, byBearer)
		wantPrivate(t, path, byCookie)
	}
}

// wantPrivate fails for an answer about somebody that a shared cache might keep (H01).
func wantPrivate(t *testing.T, path string, a *answer) {
	t.Helper()
	cache, vary := a.Header.Get("Cache-Control"), strings.Join(a.Header.Values("Vary"), ", ")
	if !strings.Contains(cache, "no-store") || !strings.Contains(cache, "private") {
		t.Errorf("%s: Cache-Control is %q", path, cache)
	}
	if !strings.Contains(vary, "Cookie") || !strings.Contains(vary, "Authorization") {
		t.Errorf("%s: Vary is %q", path, vary)
	}
}

// pagesOfPeople are all that show something about the person who looks at them.
var pagesOfPeople = []string{
	"/", "/welcome", "/dashboard", "/example", "/client/auth", "/client/user", "/client/auth?props=off",
	"/client/user?props=off", "/organization", "/organizations", "/user", "/admin", "/sign-in", "/sign-up", "/not-there",
}

func TestV01_PrivateMetadataNeverLeaves(t *testing.T) {
	t.Parallel()
	const private, unsafe, public = "ledger-of-debts", "scribbled-by-the-browser", "analytical-engine"
	s := startServer(t)
	v := s.visitor()
	v.signUp(ada)
	me, err := readClaims(v.cookie("__session"))
	if err != nil {
		t.Fatal(err)
	}
	keys := s.Keys()
	secret := keys["CLERK_SECRET_KEY"]
	set := s.backendCall(http.MethodPatch, "/v1/users/"+me.Subject+"/metadata", secret,
		`{"private_metadata":{"note":"`+private+`"},"unsafe_metadata":{"note":"`+unsafe+`"},"public_metadata":{"note":"`+public+`"}}`)
	if set.Status != http.StatusOK || !strings.Contains(set.Body, private) {
		t.Fatalf("set metadata: %v", set)
	}
	for _, path := range append(append([]string{"/__clerk/v1/client", "/__clerk/v1/me"}, apis...), pagesOfPeople...) {
		a := v.get(path)
		for _, word := range []string{private, "private_metadata\":{\"", "privateMetadata\":{\"", secret, "argon2", ada.Password} {
			if strings.Contains(a.Body, word) {
				t.Errorf("%s says %q: %v", path, word, a)
			}
		}
		if !strings.HasPrefix(path, "/__clerk") && strings.Contains(a.Body, unsafe) {
			t.Errorf("%s says what only the browser may read and write: %v", path, a)
		}
	}
	if a := v.get("/example"); !strings.Contains(a.Body, public) {
		t.Errorf("/example does not hand on public metadata: %v", a)
	}
	for _, word := range []string{private, secret, ada.Password, v.cookie("__session"), v.clientCookie()} {
		if word == "" || strings.Contains(s.Log.String(), word) {
			t.Errorf("the log says %q (V02)", word)
		}
	}
}
