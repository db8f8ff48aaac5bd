package identity_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/wire"
)

func (a *app) unfinished() int64 {
	a.t.Helper()
	got := a.backend("GET", "/v1/unfinished_attempts", "")
	got.want(a.t, 200, "")
	return decode[wire.TotalCount](a.t, got.body).TotalCount
}

// TestA7_UnfinishedAttemptsAreBounded begins much more than is kept, from ever new networks,
// in both stores.
func TestA7_UnfinishedAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	stores := map[string]func(*testing.T) identity.Store{
		"memory": func(*testing.T) identity.Store { return memstore.New() },
		"sqlite": func(t *testing.T) identity.Store {
			s, err := sqlitestore.Open(t.Context(), sqlitestore.Config{Path: filepath.Join(t.TempDir(), "usher.db")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const most = 64
			app, _ := newMailApp(t, func(c *identity.Config) {
				c.Store, c.VerifyEmailAtSignUp, c.Limits.Unfinished = open(t), true, most
			})
			member := app.visitor()
			app.person(t, "ada@example.com")
			member.enter("ada@example.com")
			ticket := decode[wire.Ticket](t, app.backend("POST", "/v1/sign_in_tokens", `{"user_id":"`+member.userID()+`"}`).body)
			var last *visitor
			first := app.visitor()
			for n := range 400 {
				v := app.visitor()
				if n == 0 {
					v = first
				}
				switch n % 4 {
				case 0:
					v.post("/v1/client/sign_ups", "email_address", "user"+decimal(n)+"@example.com", "unsafe_metadata", `{"a":"`+strings.Repeat("x", 900)+`"}`).want(t, 200, "")
					path := "/v1/client/sign_ups/" + v.client().SignUp.ID
					v.post(path+"/prepare_verification", "strategy", "email_code")
					last = v
				case 1:
					v.post("/v1/client/sign_ins", "identifier", "user"+decimal(n)+"@example.com").want(t, 200, "")
				case 2:
					v.post("/v1/client").want(t, 200, "")
				case 3:
					first.post("/v1/client/sign_ins", "identifier", "user"+decimal(n)+"@example.com", "strategy", "email_code")
				}
				if got := app.unfinished(); got > 7*most {
					t.Fatalf("after %d, %d are kept", n+1, got)
				}
				app.clock.Add(time.Millisecond)
			}
			// The newest goes on, and who is signed in is not touched.
			if last.client() == nil || last.client().SignUp == nil {
				t.Error("the newest sign-up was dropped")
			}
			member.get("/v1/me").want(t, 200, "")
			app.visitor().ticket(ticket.Token).want(t, 200, "")

			// After an hour nothing of it is left but clients.
			app.clock.Add(time.Hour + time.Second)
			app.Purge()
			if got := app.unfinished(); got > most {
				t.Errorf("an hour later %d are left", got)
			}
			app.clock.Add(25 * time.Hour)
			app.Purge()
			if got := app.unfinished(); got != 0 {
				t.Errorf("a day later %d are left", got)
			}
		})
	}
}

func TestA7_SignUpsAreSmall(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	large := `{"a":"` + strings.Repeat("x", 1020) + `"}`
	a := v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "unsafe_metadata", large)
	a.want(t, 422, wire.CodeParamFormatInvalid)
	if a.param(t) != "unsafe_metadata" {
		t.Errorf("param = %q", a.param(t))
	}
	v.post("/v1/client/sign_ups", "email_address", "ada@example.com", "password", password, "unsafe_metadata", large[:1000]+`"}`).want(t, 200, "")
	v.post("/v1/me?_method=PATCH", "unsafe_metadata", large).want(t, 200, "")
}
