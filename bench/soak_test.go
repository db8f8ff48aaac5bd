package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

// soak is an instance and an app under load from many people while its keys rotate and
// sessions are revoked.
type soak struct {
	service *identity.Service
	app     http.Handler
	views   atomic.Int64
	ended   atomic.Int64
}

// TestL17_Soak: -people view pages, renew, sign out and in again while keys rotate and
// sessions are revoked. Each page names the person who asked, and no request fails that
// should have passed. It runs for -soak after everybody has signed up.
func TestL17_Soak(t *testing.T) {
	t.Parallel()
	s := newSoak(t)
	all := make([]*person, *people)
	for i := range all {
		all[i] = &person{soak: s, name: fmt.Sprintf("person%d", i), cookies: map[string]string{}}
		if err := all[i].enter("sign_ups", url.Values{"email_address": {all[i].address()}, "password": {password}, "first_name": {all[i].name}}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), *soakFor)
	defer stop()
	var wg sync.WaitGroup
	for _, p := range all {
		wg.Go(func() {
			if err := p.live(ctx); err != nil {
				t.Error(err)
				stop()
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := s.service.RotateSigningKey(context.Background()); err != nil {
				t.Error(err)
			}
			sleep(ctx, *soakFor/10)
		}
	})
	wg.Wait()
	t.Logf("%d views, %d sessions ended", s.views.Load(), s.ended.Load())
	if s.views.Load() == 0 {
		t.Error("no views")
	}
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	svc, err := identity.New(context.Background(), identity.Config{
		Store: memstore.New(), PublicOrigin: origin, Limits: identity.Limits{Creations: -1, Attempts: -1, Backend: -1}, HashConcurrency: 2,
		TokenLifetime: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = svc.Close() })
	auth, err := authctx.New(authctx.Config{
		PublishableKey: svc.PublishableKey().String(), SecretKey: svc.SecretKey().Reveal(), APIURL: identity.BackendURL,
		ProxyURL: "/__clerk", PublicOrigin: origin, AuthorizedParties: []string{origin}, Transport: svc.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := authctx.FromContext(r.Context())
		_, _ = fmt.Fprint(w, a.UserID(), " ", a.Claims().String("first_name"))
	})
	return &soak{service: svc, app: auth.Handler(authctx.RequireAPI()(page))}
}

// person is somebody with a browser.
type person struct {
	*soak
	name, session, user string
	cookies             map[string]string
}

// live is what a person does until ctx ends.
func (p *person) live(ctx context.Context) error {
	for ctx.Err() == nil {
		var err error
		switch n := rand.IntN(100); {
		case n < 90:
			err = p.view()
		case n < 96:
			err = p.renew()
		case n < 98:
			err = p.leave("/v1/client/sessions?_method=DELETE", p.service.Frontend())
		default:
			err = p.leave("/v1/sessions/"+p.session+"/revoke", p.service.Backend())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		sleep(ctx, time.Duration(rand.IntN(20))*time.Millisecond)
	}
	return nil
}

const password = "correct horse battery"

func (p *person) address() string { return p.name + "@example.com" }

func (p *person) send(h http.Handler, method, target string, form url.Values) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, origin+target, strings.NewReader(form.Encode()))
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", origin)
	}
	for name, value := range p.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if strings.HasPrefix(target, "/v1/sessions/") {
		req.Header.Set("Authorization", "Bearer "+p.service.SecretKey().Reveal())
		req.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	for _, c := range rec.Result().Cookies() {
		p.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(p.cookies, c.Name)
		}
	}
	return rec
}

// enter signs up or in and keeps the session token as the browser's script would. While
// too many passwords are hashed at once it comes again, as it is told to, for two minutes:
// a hundred people who all sign in again are many for a slow machine with the race detector.
func (p *person) enter(attempts string, form url.Values) error {
	rec := p.send(p.service.Frontend(), "POST", "/v1/client/"+attempts, form)
	end := time.Now().Add(2 * time.Minute)
	for rec.Code == http.StatusServiceUnavailable && rec.Header().Get("Retry-After") != "" && time.Now().Before(end) {
		time.Sleep(time.Duration(200+rand.IntN(200)) * time.Millisecond)
		rec = p.send(p.service.Frontend(), "POST", "/v1/client/"+attempts, form)
	}
	var answer wire.Response[json.RawMessage]
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || answer.Client == nil || len(answer.Client.Sessions) != 1 {
		return fmt.Errorf("%s: %d %s", attempts, rec.Code, rec.Body)
	}
	s := answer.Client.Sessions[0]
	p.session, p.user = s.ID, s.User.ID
	p.keep(s.LastActiveToken.JWT)
	return nil
}

func (p *person) keep(token string) {
	p.cookies["__session"] = token
	p.cookies["__session_"+p.service.PublishableKey().Suffix()] = token
}

func (p *person) view() error {
	rec := p.send(p.app, "GET", "/", nil)
	if rec.Code == http.StatusUnauthorized { // the token was near its end: renew, and it has to work
		if err := p.renew(); err != nil {
			return err
		}
		rec = p.send(p.app, "GET", "/", nil)
	}
	p.views.Add(1)
	if want := p.user + " " + p.name; rec.Code != http.StatusOK || rec.Body.String() != want {
		return fmt.Errorf("view: %d %q, want %q", rec.Code, rec.Body, want)
	}
	return nil
}

func (p *person) renew() error {
	rec := p.send(p.service.Frontend(), "POST", "/v1/client/sessions/"+p.session+"/tokens", nil)
	var token wire.Token
	if err := json.Unmarshal(rec.Body.Bytes(), &token); err != nil || token.JWT == "" {
		return fmt.Errorf("renew: %d %s", rec.Code, rec.Body)
	}
	p.keep(token.JWT)
	return nil
}

// leave ends the session, after which it cannot be renewed, and signs in again.
func (p *person) leave(target string, h http.Handler) error {
	if rec := p.send(h, "POST", target, nil); rec.Code != http.StatusOK {
		return fmt.Errorf("%s: %d %s", target, rec.Code, rec.Body)
	}
	p.ended.Add(1)
	if p.renew() == nil {
		return fmt.Errorf("%s: renewed after it had ended", p.session)
	}
	return p.enter("sign_ins", url.Values{"identifier": {p.address()}, "password": {password}})
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
