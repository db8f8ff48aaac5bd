package bench

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/wire"
)

const origin = "http://localhost:8080"

// instance is the embedded service with one user, whose Backend API all contestants share.
type instance struct {
	*identity.Service
	backend string // its address on this machine
	token   string // a session token of the user
	cookie  string // the same, as a browser sends it
}

func newInstance(t testing.TB) *instance {
	t.Helper()
	store, err := sqlitestore.Open(context.Background(), sqlitestore.Config{Path: filepath.Join(t.TempDir(), "usher.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	svc, err := identity.New(context.Background(), identity.Config{
		Store: store, PublicOrigin: origin, TokenLifetime: time.Hour, Limits: identity.Limits{Creations: -1, Attempts: -1, Backend: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = svc.Close() })
	srv := httptest.NewServer(svc.Backend())
	t.Cleanup(srv.Close)
	in := &instance{Service: svc, backend: srv.URL}
	in.signUp(t)
	return in
}

func (in *instance) signUp(t testing.TB) {
	t.Helper()
	form := url.Values{"email_address": {"ada@example.com"}, "password": {"correct horse battery"}, "first_name": {"Ada"}}
	req := httptest.NewRequest("POST", "/v1/client/sign_ups", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", origin)
	rec := httptest.NewRecorder()
	in.Frontend().ServeHTTP(rec, req)
	var answer wire.Response[json.RawMessage]
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || answer.Client == nil || len(answer.Client.Sessions) == 0 {
		t.Fatalf("sign-up: %d %s", rec.Code, rec.Body)
	}
	in.token = answer.Client.Sessions[0].LastActiveToken.JWT
	suffix := in.PublishableKey().Suffix()
	in.cookie = "__session=" + in.token + "; __session_" + suffix + "=" + in.token
	for _, c := range (&http.Response{Header: rec.Header()}).Cookies() {
		if strings.HasPrefix(c.Name, wire.CookieClientUAT) {
			in.cookie += "; " + c.Name + "=" + c.Value
		}
	}
}
