package handlers_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// withMenu is a layout with the person's menu.
func withMenu(_ string, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if err := views.UserMenu(wire.PublicUserData{}).Render(ctx, w); err != nil {
			return err
		}
		return body.Render(ctx, w)
	})
}

var targets = regexp.MustCompile(`(?:action|href)="([^"#]+)"`)

func addressesIn(body string) map[string]bool {
	found := map[string]bool{}
	for _, m := range targets.FindAllStringSubmatch(body, -1) {
		found[strings.ReplaceAll(m[1], "&amp;", "&")] = true
	}
	return found
}

// TestB21_ComponentsGoWhereThePagesAre: whichever Config says it.
func TestB21_ComponentsGoWhereThePagesAre(t *testing.T) {
	t.Parallel()
	elsewhere := handlers.Config{
		SignInURL: "/app/log-in", SignUpURL: "/app/join", SignOutURL: "/app/log-out", ProfileURL: "/app/me", OrganizationsURL: "/app/teams",
	}
	for name, tt := range map[string]struct {
		forms handlers.Config
		auth  func(*authctx.Config)
	}{
		"handlers": {elsewhere, func(*authctx.Config) {}},
		"authctx": {handlers.Config{}, func(c *authctx.Config) {
			c.SignInURL, c.SignUpURL, c.SignOutURL = "/app/log-in", "/app/join", "/app/log-out"
			c.ProfileURL, c.OrganizationsURL = "/app/me", "/app/teams"
		}},
	} {
		cfg := authtest.Config(t)
		tt.auth(&cfg)
		auth, err := authctx.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		tt.forms.PublishableKey, tt.forms.SecretKey, tt.forms.PublicOrigin = authtest.PublishableKey, secret, authtest.Origin
		tt.forms.Layout, tt.forms.EmailCodes = withMenu, true
		tt.forms.Transport = upstream(func(r *http.Request) (*http.Response, error) {
			switch {
			case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/client"):
				return response(200, oneOrganization), nil
			case strings.Contains(r.URL.Path, "/organizations") || strings.HasSuffix(r.URL.Path, "/me"):
				return response(200, `{"response":{"id":"org_1"},"client":null}`), nil
			}
			return response(200, `{"response":{"data":[]},"client":null}`), nil
		})
		h, err := handlers.New(tt.forms)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(page http.HandlerFunc, method string, form url.Values, who ...authtest.Option) *httptest.ResponseRecorder {
			r := authtest.NewRequest(t, method, "/app/page?x=1", who...)
			if form != nil {
				r.Body = io.NopCloser(strings.NewReader(form.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			rec := httptest.NewRecorder()
			auth.Handler(page).ServeHTTP(rec, r)
			return rec
		}
		ada := []authtest.Option{authtest.User("user_1"), authtest.Session("sess_1")}
		out := []authtest.Option{authtest.SignedOut()}
		for what, p := range map[string]struct {
			page http.HandlerFunc
			who  []authtest.Option
			want []string
		}{
			"profile":       {h.Profile, ada, []string{"/app/me", "/app/log-out"}},
			"organizations": {h.Organizations, ada, []string{"/app/teams", "/app/me", "/app/log-out"}},
			"sign-in":       {h.SignIn, out, []string{"/app/log-in", "/app/join", "/app/log-in?step=email"}},
			"sign-up":       {h.SignUp, out, []string{"/app/join", "/app/log-in"}},
			"sign-out":      {h.SignOut, ada, []string{"/app/log-out", "/app/me"}},
		} {
			rec := ask(p.page, http.MethodGet, nil, p.who...)
			found := addressesIn(rec.Body.String())
			for _, want := range p.want {
				if !found[want] {
					t.Errorf("%s: the %s page does not go to %s: %v", name, what, want, found)
				}
			}
			for address := range found {
				if !strings.HasPrefix(address, "/app/") {
					t.Errorf("%s: the %s page goes to %s", name, what, address)
				}
			}
		}
		rec := ask(h.Profile, http.MethodPost, url.Values{"action": {"update"}}, ada...)
		if got := rec.Header().Get("Location"); got != "/app/me?done=update" {
			t.Errorf("%s: after a change of the profile: %d to %q", name, rec.Code, got)
		}
		rec = ask(h.Organizations, http.MethodPost, url.Values{"action": {"create"}, "name": {"Acme"}}, ada...)
		if got := rec.Header().Get("Location"); got != "/app/teams?done=create" {
			t.Errorf("%s: after a change of an organization: %d to %q", name, rec.Code, got)
		}
	}
}

// TestB21_WithoutAProxyTheAccountPortalHasThePages: the app serves sign-out alone.
func TestB21_WithoutAProxyTheAccountPortalHasThePages(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.PublishableKey, cfg.ProxyURL = publishable, ""
	auth, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var in authctx.Instance
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { in = authctx.InstanceFromContext(r.Context()) })).ServeHTTP(httptest.NewRecorder(), r)
	if in.ProfileURL != "https://accounts.example.com/user" || in.OrganizationsURL != "https://accounts.example.com/organization" || in.SignOutURL != "/sign-out" {
		t.Errorf("%+v", in)
	}
	if _, err := authctx.New(authctx.Config{SecretKey: secret, SignOutURL: "https://other.example/out", ProfileURL: "user"}); err == nil ||
		!strings.Contains(err.Error(), "SignOutURL") || !strings.Contains(err.Error(), "ProfileURL") {
		t.Errorf("addresses of other sites: %v", err)
	}
}

// TestB20_TheWayBackIsOnEveryLink: an origin that is allowed in the handlers' Config alone.
func TestB20_TheWayBackIsOnEveryLink(t *testing.T) {
	t.Parallel()
	const back = "https://shop.example.net/basket?x=1"
	auth, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	codes := `{"response":null,"client":{"sign_in":{"id":"sia_1","status":"needs_first_factor","identifier":"ada@example.com",
		"supported_first_factors":[{"strategy":"email_code","email_address_id":"e1"}],"first_factor_verification":{"status":"unverified","strategy":"email_code"}},
		"sign_up":{"id":"sua_1","status":"missing_requirements","unverified_fields":["email_address"],"missing_fields":[],"email_address":"ada@example.com"}}}`
	h, err := handlers.New(handlers.Config{
		PublishableKey: authtest.PublishableKey, SecretKey: secret, PublicOrigin: authtest.Origin, EmailCodes: true,
		AllowedRedirectOrigins: []string{"https://shop.example.net"},
		Transport: upstream(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost {
				return response(422, `{"errors":[{"code":"form_password_incorrect","meta":{"param_name":"password"}}]}`), nil
			}
			return response(200, codes), nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, rec *httptest.ResponseRecorder) {
		t.Helper()
		body := rec.Body.String()
		forms, fields := strings.Count(body, "<form"), strings.Count(body, `name="redirect_url" value="`+templ.EscapeString(back)+`"`)
		if forms == 0 || forms != fields {
			t.Errorf("%s: %d forms and %d ways back\n%s", what, forms, fields, body)
		}
		for address := range addressesIn(body) {
			u, err := url.Parse(address)
			if err != nil || u.RawQuery == "" {
				if strings.Contains(body, `href="`+address+`"`) {
					t.Errorf("%s: the link %s has lost the way back", what, address)
				}
				continue
			}
			if u.Query().Get("redirect_url") != back {
				t.Errorf("%s: the link %s has lost the way back", what, address)
			}
		}
	}
	for _, target := range []string{"/sign-in", "/sign-up", "/sign-in?step=email", "/sign-in?step=code", "/sign-up?step=code"} {
		sep := "?"
		if strings.Contains(target, "?") {
			sep = "&"
		}
		r := authtest.NewRequest(t, http.MethodGet, target+sep+"redirect_url="+url.QueryEscape(back), authtest.SignedOut())
		page := h.SignIn
		if strings.HasPrefix(target, "/sign-up") {
			page = h.SignUp
		}
		rec := httptest.NewRecorder()
		auth.Handler(http.HandlerFunc(page)).ServeHTTP(rec, r)
		check(target, rec)
	}
	for path, page := range map[string]http.HandlerFunc{"/sign-in": h.SignIn, "/sign-up": h.SignUp} {
		form := url.Values{"identifier": {"ada@example.com"}, "email_address": {"ada@example.com"}, "password": {"a long secret"}, "redirect_url": {back}}
		r := authtest.NewRequest(t, http.MethodPost, path, authtest.SignedOut())
		r.Body = io.NopCloser(strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := httptest.NewRecorder()
		auth.Handler(page).ServeHTTP(rec, r)
		check("refused "+path, rec)
	}
	// One that is not allowed is on none.
	r := authtest.NewRequest(t, http.MethodGet, "/sign-in?redirect_url="+url.QueryEscape("https://evil.example/"), authtest.SignedOut())
	rec := httptest.NewRecorder()
	auth.Handler(http.HandlerFunc(h.SignIn)).ServeHTTP(rec, r)
	if strings.Contains(rec.Body.String(), "evil.example") {
		t.Errorf("another site is on the page\n%s", rec.Body)
	}
}
