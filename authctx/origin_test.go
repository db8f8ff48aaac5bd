package authctx_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestA18_GuardsRefuseOtherOrigins: a page of another origin changes nothing with the cookies
// of its visitor.
func TestA18_GuardsRefuseOtherOrigins(t *testing.T) {
	t.Parallel()
	const own, port, sub, evil = authtest.Origin, authtest.Origin + ":8081", "http://www.example.com", "https://evil.example"
	head := func(pairs ...string) map[string]string {
		h := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			h[pairs[i]] = pairs[i+1]
		}
		return h
	}
	bearer := []authtest.Option{authtest.Bearer()}
	for name, tt := range map[string]struct {
		headers map[string]string
		who     []authtest.Option
		refused bool
	}{
		"own page":                          {head("Origin", own, "Sec-Fetch-Site", "same-origin"), nil, false},
		"own page without a referrer":       {head("Origin", "null", "Sec-Fetch-Site", "same-origin"), nil, false},
		"own page, old browser":             {head("Origin", own), nil, false},
		"typed by the person":               {head("Sec-Fetch-Site", "none"), nil, false},
		"a program":                         {nil, nil, false},
		"F01 cross-site":                    {head("Origin", evil, "Sec-Fetch-Site", "cross-site"), nil, true},
		"F01 cross-site without Origin":     {head("Sec-Fetch-Site", "cross-site"), nil, true},
		"F01 a subdomain":                   {head("Origin", sub, "Sec-Fetch-Site", "same-site"), nil, true},
		"F01 another port":                  {head("Origin", port, "Sec-Fetch-Site", "same-site"), nil, true},
		"F01 same-site without Origin":      {head("Sec-Fetch-Site", "same-site"), nil, true},
		"F01 cross-site with our Origin":    {head("Origin", own, "Sec-Fetch-Site", "cross-site"), nil, true},
		"F02 another port, old browser":     {head("Origin", port), nil, true},
		"F02 a subdomain, old browser":      {head("Origin", sub), nil, true},
		"F02 null":                          {head("Origin", "null"), nil, true},
		"F02 an empty Origin":               {head("Origin", ""), nil, true},
		"F02 garbage":                       {head("Origin", "::"), nil, true},
		"F05 the https twin":                {head("Origin", strings.Replace(own, "http:", "https:", 1)), nil, true},
		"an unknown word":                   {head("Origin", own, "Sec-Fetch-Site", "elsewhere"), nil, true},
		"a trusted origin":                  {head("Origin", "https://admin.example", "Sec-Fetch-Site", "cross-site"), nil, false},
		"a trusted origin, old browser":     {head("Origin", "https://admin.example"), nil, false},
		"an authorized party only":          {head("Origin", "https://party.example", "Sec-Fetch-Site", "cross-site"), nil, true},
		"an allowed redirect only":          {head("Origin", "https://back.example", "Sec-Fetch-Site", "cross-site"), nil, true},
		"a token from anywhere":             {head("Origin", evil, "Sec-Fetch-Site", "cross-site"), bearer, false},
		"htmx from elsewhere":               {head("Origin", evil, "Sec-Fetch-Site", "cross-site", "HX-Request", "true"), nil, true},
		"another scheme beside the cookie":  {head("Origin", evil, "Sec-Fetch-Site", "cross-site", "Authorization", "Basic YTpi"), nil, true},
		"a password's field without scheme": {head("Origin", evil, "Sec-Fetch-Site", "cross-site", "Authorization", "Basic "), nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := authtest.Config(t)
			cfg.AuthorizedParties = append(cfg.AuthorizedParties, "https://party.example")
			cfg.AllowedRedirectOrigins, cfg.TrustedOrigins = []string{"https://back.example"}, []string{"https://admin.example"}
			for guard, g := range map[string]func(http.Handler) http.Handler{
				"page": authctx.RequirePage(), "API": authctx.RequireAPI(), "any": authctx.Require(), "default": authctx.ProtectByDefault,
				"hidden": authctx.Require(authctx.Hide()), "proof": authctx.RequireReverification(authctx.Lax),
			} {
				for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "PURGE"} {
					rec := deniedAs(t, cfg, g, authtest.NewRequest(t, method, "/p", tt.who...), tt.headers)
					want := http.StatusOK
					if tt.refused {
						checkDenied(t, rec)
						want = map[bool]int{true: 404, false: 403}[guard == "hidden"]
						if tt.headers["Authorization"] == "Basic " {
							want = rec.Code // the field decides alone, and is no token
						}
					}
					if rec.Code != want || tt.refused && rec.Code == 200 {
						t.Errorf("%s, %s: %d %s, want %d", guard, method, rec.Code, rec.Body, want)
					}
				}
				for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE"} {
					if tt.headers["Authorization"] == "Basic " {
						continue
					}
					if rec := deniedAs(t, cfg, g, authtest.NewRequest(t, method, "/p", tt.who...), tt.headers); rec.Code != 200 {
						t.Errorf("%s, %s: %d", guard, method, rec.Code)
					}
				}
			}
		})
	}
}

// TestA18_AnswersOfEveryKind: the refusal looks like the others, and the app can tell it apart.
func TestA18_AnswersOfEveryKind(t *testing.T) {
	t.Parallel()
	foreign := map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
	rec := deniedAs(t, authtest.Config(t), authctx.RequireAPI(), authtest.NewRequest(t, "POST", "/p"), foreign)
	if rec.Code != 403 || !strings.Contains(rec.Body.String(), `"code":"authorization_invalid"`) || !strings.Contains(rec.Body.String(), "another website") {
		t.Errorf("API: %d %s", rec.Code, rec.Body)
	}
	cfg := authtest.Config(t)
	cfg.Deny = func(w http.ResponseWriter, _ *http.Request, d authctx.Denied) {
		if !d.CrossOrigin || d.Status != 403 || d.Auth.UserID() != "user_test" || d.SignInURL != "" {
			t.Errorf("%+v", d)
		}
	}
	rec = deniedAs(t, cfg, authctx.RequirePage(), authtest.NewRequest(t, "POST", "/p"), foreign)
	if rec.Code != 403 || !strings.Contains(rec.Body.String(), "another website") {
		t.Errorf("page: %d %s", rec.Code, rec.Body)
	}
	cfg.Deny = func(_ http.ResponseWriter, _ *http.Request, d authctx.Denied) {
		if d.CrossOrigin || d.Status != 403 {
			t.Errorf("the role is missing, too: %+v", d)
		}
	}
	deniedAs(t, cfg, authctx.RequirePage(authctx.Role("admin")), authtest.NewRequest(t, "POST", "/p"), foreign)
	cfg.TrustedOrigins = []string{"https://evil.example/"}
	if _, err := authctx.New(cfg); err == nil || !strings.Contains(err.Error(), "TrustedOrigins") {
		t.Errorf("a trusted origin with a path: %v", err)
	}
}

// TestA18_WithoutAConfiguredOrigin the host that the browser asked is compared.
func TestA18_WithoutAConfiguredOrigin(t *testing.T) {
	t.Parallel()
	cfg := authtest.Config(t)
	cfg.PublicOrigin, cfg.AuthorizedParties = "", nil
	for origin, want := range map[string]int{"http://example.com": 200, "https://example.com": 200, "https://www.example.com": 403, "http://example.com:81": 403, "null": 403} {
		if rec := deniedAs(t, cfg, authctx.RequirePage(), authtest.NewRequest(t, "POST", "/p"), map[string]string{"Origin": origin}); rec.Code != want {
			t.Errorf("%s: %d, want %d", origin, rec.Code, want)
		}
	}
}

// TestA18_SocketsOfOtherOrigins: a WebSocket opens with GET and can do what the app lets it.
func TestA18_SocketsOfOtherOrigins(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]int{"https://evil.example": 403, authtest.Origin: 200, "": 200} {
		headers := map[string]string{}
		for name, value := range kinds["websocket"] {
			headers[name] = value
		}
		if origin != "" {
			headers["Origin"] = origin
		}
		if rec := deniedAs(t, authtest.Config(t), authctx.Require(), authtest.NewRequest(t, "GET", "/live"), headers); rec.Code != want {
			t.Errorf("%q: %d, want %d", origin, rec.Code, want)
		}
	}
}

// TestB7_WhatOwnPagesSendIsRenewed: a minute after a page was loaded nothing that it sends is
// lost, whatever library sends it.
func TestB7_WhatOwnPagesSendIsRenewed(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	_ = w.WriteField("file", strings.Repeat("x", 200_000))
	_ = w.Close()
	bodies := map[string]string{
		"application/x-www-form-urlencoded": filled, "application/json": `{"a":1}`, w.FormDataContentType(): parts.String(), "": "",
	}
	same, old := map[string]string{"Sec-Fetch-Site": "same-origin"}, map[string]string{"Origin": authtest.Origin}
	for name, tt := range map[string]struct {
		headers map[string]string
		renewed []authtest.Option
		old     []authtest.Option
		want    bool
	}{
		"fetch":                  {same, nil, nil, true},
		"htmx":                   {map[string]string{"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}, nil, nil, true},
		"Origin":                 {old, nil, nil, true},
		"F01 cross-site":         {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, nil, nil, false},
		"F01 same-site":          {map[string]string{"Sec-Fetch-Site": "same-site", "Origin": authtest.Origin + ":81"}, nil, nil, false},
		"F01 said by the person": {map[string]string{"Sec-Fetch-Site": "none"}, nil, nil, false},
		"F02 another Origin":     {map[string]string{"Origin": "https://evil.example"}, nil, nil, false},
		"F02 null":               {map[string]string{"Origin": "null"}, nil, nil, false},
		"F03 nothing said":       {nil, nil, nil, false},
		"another user":           {same, []authtest.Option{authtest.User("user_2")}, nil, false},
		"another organization":   {same, []authtest.Option{authtest.Org("org_2", "admin")}, nil, false},
		"the same organization":  {same, []authtest.Option{authtest.Org("org_2", "admin")}, []authtest.Option{authtest.Org("org_2", "admin")}, true},
		"no organization left":   {same, nil, []authtest.Option{authtest.Org("org_2", "admin")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for contentType, body := range bodies {
				if contentType != "application/json" && name != "fetch" {
					continue
				}
				for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
					for guard, g := range map[string]func(http.Handler) http.Handler{
						"page": authctx.RequirePage(), "API": authctx.RequireAPI(), "none": func(next http.Handler) http.Handler { return next },
					} {
						cfg := authtest.Config(t)
						cfg.SecretKey = "sk_live_refresh"
						cfg.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
							line := "__session=" + authtest.Token(t, append([]authtest.Option{authtest.At(now)}, tt.renewed...)...) + "; Path=/"
							return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"cookies":["` + line + `"]}`))}, nil
						})
						a, err := authctx.New(cfg)
						if err != nil {
							t.Fatal(err)
						}
						req := authtest.NewRequest(t, method, "/reports", append([]authtest.Option{authtest.At(now.Add(-expired))}, tt.old...)...)
						req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
						req.Header.Set("Content-Type", contentType)
						for name, value := range tt.headers {
							req.Header.Set(name, value)
						}
						req.AddCookie(&http.Cookie{Name: "__refresh_" + wire.CookieSuffix(authtest.PublishableKey), Value: "r"})
						got, rec := false, httptest.NewRecorder()
						a.Handler(g(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
							sent, _ := io.ReadAll(r.Body)
							got = string(sent) == body && authctx.FromContext(r.Context()).SignedIn()
						}))).ServeHTTP(rec, req)
						if got != tt.want || (len(rec.Header()["Set-Cookie"]) > 0) != tt.want {
							t.Errorf("%s, %s, %s: renewed %v, want %v; %d %v", guard, method, contentType, got, tt.want, rec.Code, rec.Header())
						}
					}
				}
			}
		})
	}
}
