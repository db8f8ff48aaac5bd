package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestSignInPagesElsewhere: a page on another origin is told what it cannot know there
// (protocol reference 6.4).
func TestSignInPagesElsewhere(t *testing.T) {
	t.Parallel()
	const primary, back = "https://primary.example/sign-in", "https%3A%2F%2Fapp.example.net%2Fback"
	satellite := func(v *visit) {
		v.set("X-Is-Satellite", "true").set("X-Domain", "example.net").set("X-Public-Origin", "https://app.example.net")
	}
	for name, tt := range map[string]struct {
		kind, page, returnTo string
		edit                 func(*testing.T, *visit)
		want, signUp         string
	}{
		"own page": {kind: "development", page: "/login?x=1", returnTo: "/back", want: "/login?x=1&redirect_url=%2Fback", signUp: "/sign-up?redirect_url=%2Fback"},
		"own page, written out": {
			kind: "development", page: "http://localhost:3000/login", returnTo: "/back",
			want: "http://localhost:3000/login?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fback",
		},
		"development": {
			kind: "development", page: primary, returnTo: "/back",
			want: primary + "?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fback&__clerk_db_jwt=dvb_1",
		},
		"the browser of the address": {
			kind: "development", page: primary, edit: func(_ *testing.T, v *visit) { v.target = "/p?__clerk_db_jwt=dvb_2" }, want: primary + "?__clerk_db_jwt=dvb_2",
		},
		"production":           {kind: "production", page: primary, returnTo: "/back", want: primary + "?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fback"},
		"nowhere to come back": {kind: "production", page: primary, returnTo: "https://evil.example/", want: primary},
		"told apart by the fragment": {
			kind: "production", page: "https://primary.example/#/sign-in", returnTo: "/back",
			want: "https://primary.example/?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fback#/sign-in",
		},
		"a pending session": {
			kind: "production", page: primary + "/", want: primary + "/tasks",
			edit: func(t *testing.T, v *visit) { v.session(v.token(t, firstKey(), object{"sts": "pending"})) },
		},
		"a pending session, fragment": {
			kind: "production", page: "https://primary.example/#/sign-in", want: "https://primary.example/#/sign-in/tasks",
			edit: func(t *testing.T, v *visit) { v.session(v.token(t, firstKey(), object{"sts": "pending"})) },
		},
		"a satellite": {
			kind: "production", page: primary, returnTo: "/back?x=1&__clerk_synced=true&y", edit: func(_ *testing.T, v *visit) { satellite(v) },
			want: primary + "?redirect_url=" + back + "%3Fx%3D1%26__clerk_synced%3Dfalse%26y", signUp: primary + "/create?redirect_url=" + back + "%3Fx%3D1%26__clerk_synced%3Dfalse%26y",
		},
		"a satellite of the account portal": {
			kind: "production", returnTo: "/back", edit: func(_ *testing.T, v *visit) { satellite(v) },
			want: "https://accounts.example.com/sign-in?redirect_url=" + back + "%3F__clerk_synced%3Dfalse", signUp: "https://accounts.example.com/sign-up?redirect_url=" + back + "%3F__clerk_synced%3Dfalse",
		},
		"a development satellite": {
			kind: "development", page: primary, returnTo: "/back", edit: func(_ *testing.T, v *visit) { satellite(v) },
			want: primary + "?redirect_url=" + back + "%3F__clerk_synced%3Dfalse&__clerk_db_jwt=dvb_1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVisit(environments[tt.kind])
			v.header.Set("Sec-Fetch-Dest", "empty") // nobody is sent away
			if tt.page != "" {
				v.set("X-Sign-In-Url", tt.page)
			}
			if tt.edit != nil {
				tt.edit(t, v)
			}
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, v.target, nil)
			req.Header = v.header
			req.Header.Set("Cookie", strings.Join(v.cookies, "; "))
			rec := httptest.NewRecorder()
			configured.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if got := authctx.SignInURL(r.Context(), tt.returnTo); got != tt.want {
					t.Errorf("SignInURL\n%s, want\n%s", got, tt.want)
				}
				if got := authctx.SignUpURL(r.Context(), tt.returnTo); tt.signUp != "" && got != tt.signUp {
					t.Errorf("SignUpURL\n%s, want\n%s", got, tt.signUp)
				}
			})).ServeHTTP(rec, req)
			if strings.Contains(tt.want, wire.ParamDevBrowser) && rec.Header().Get("Cache-Control") != "private, no-store" {
				t.Errorf("H01: the browser's id on a page with Cache-Control %q", rec.Header().Get("Cache-Control"))
			}
		})
	}
}

// TestSatelliteComesBackSignedIn: whoever is turned away from a satellite that does not
// look at the primary domain by itself has it look once they are back from signing in.
func TestSatelliteComesBackSignedIn(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.IsSatellite, cfg.Domain, cfg.ProxyURL, cfg.SignInURL = true, "sat.example.net", "", "https://primary.example/sign-in"
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	page := a.Handler(authctx.RequirePage()(http.NotFoundHandler()))
	get := func(target string) (int, string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		req.Header.Set("Sec-Fetch-Dest", "document")
		rec := httptest.NewRecorder()
		page.ServeHTTP(rec, req)
		return rec.Code, rec.Header().Get("Location")
	}
	status, location := get("/inbox")
	if status != http.StatusSeeOther || location != "https://primary.example/sign-in?redirect_url=http%3A%2F%2Fexample.com%2Finbox%3F__clerk_synced%3Dfalse" {
		t.Fatalf("turned away with %d to %s", status, location)
	}
	if status, location = get("/inbox?__clerk_synced=false"); status != http.StatusTemporaryRedirect || !strings.HasPrefix(location, "https://clerk.sat.example.net/v1/client/handshake?") {
		t.Errorf("back with %d to %s", status, location)
	}
}

// TestSignInURLWithoutARequest: a context of one's own has no browser and no origin to speak
// of, and nothing is made up for it.
func TestSignInURLWithoutARequest(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.PublicOrigin, cfg.AuthorizedParties, cfg.SignInURL = "", nil, "https://primary.example/sign-in"
	cfg.PublishableKey = wire.NewPublishableKey(false, "clerk.authtest.example.com").String()
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx := authctx.NewContext(r.Context(), nil)
		if got := authctx.SignInURL(ctx, "/back"); got != "https://primary.example/sign-in" {
			t.Error(got)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if got := authctx.SignInURL(t.Context(), "/back"); got != "/sign-in?redirect_url=%2Fback" {
		t.Error(got)
	}
}
