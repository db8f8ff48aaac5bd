package e2e

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

// past opens the instance of a server that does not run, with a clock that is behind, and
// closes it again after do.
func (s *server) past(ago time.Duration, do func(*identity.Service)) {
	s.T.Helper()
	ctx := context.Background()
	store, err := sqlitestore.Open(ctx, sqlitestore.Config{Path: filepath.Join(s.Data, "usher.db")})
	if err != nil {
		s.T.Fatal(err)
	}
	defer store.Close()
	svc, err := identity.New(ctx, identity.Config{
		Store: store, PublicOrigin: s.Origin, Now: func() time.Time { return time.Now().Add(-ago) },
	})
	if err != nil {
		s.T.Fatal(err)
	}
	defer svc.Close()
	do(svc)
}

// signedUp makes an account and returns a visitor with the cookies that a browser would
// have kept since.
func (s *server) signedUp(svc *identity.Service, p person) *visitor {
	s.T.Helper()
	r := httptest.NewRequest(http.MethodPost, "/v1/client/sign_ups", strings.NewReader(p.signUpForm().Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", s.Origin)
	w := httptest.NewRecorder()
	svc.Frontend().ServeHTTP(w, r)
	var body wire.Response[json.RawMessage]
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Client == nil || len(body.Client.Sessions) != 1 {
		s.T.Fatalf("sign up %s: %d %s (%v)", p.Email, w.Code, w.Body, err)
	}
	token := body.Client.Sessions[0].LastActiveToken.JWT
	cookies := w.Result().Cookies()
	for _, name := range []string{wire.CookieSession, wire.CookieSession + "_" + svc.PublishableKey().Suffix()} {
		cookies = append(cookies, &http.Cookie{Name: name, Value: token, Path: "/"})
	}
	for _, c := range cookies {
		c.Expires, c.MaxAge = time.Time{}, 0 // browsers keep them for a year
	}
	v := s.visitor()
	u, err := url.Parse(s.Origin)
	if err != nil {
		s.T.Fatal(err)
	}
	v.jar.SetCookies(u, cookies)
	return v
}

// forgetSession deletes the session cookies and nothing else.
func (v *visitor) forgetSession(t testing.TB) {
	t.Helper()
	u, err := url.Parse(v.origin)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.jar.Cookies(u) {
		if strings.HasPrefix(c.Name, wire.CookieSession) {
			v.jar.SetCookies(u, []*http.Cookie{{Name: c.Name, Path: "/", MaxAge: -1}})
		}
	}
}
