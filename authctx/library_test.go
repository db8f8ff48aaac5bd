package authctx_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
)

// onPage is a kind of request, sent by a page.
func onPage(kind, page string) map[string]string {
	h := map[string]string{"Sec-Fetch-Site": "same-origin"}
	for name, value := range kinds[kind] {
		if name != "HX-Current-URL" {
			h[name] = value
		}
	}
	if page != "" {
		h["Referer"] = page
	}
	return h
}

const (
	list      = authtest.Origin + "/list?page=2"
	toSignIn  = `0;url=/sign-in?redirect_url=http%3A%2F%2Fexample.com%2Flist%3Fpage%3D2`
	refreshTo = `<meta http-equiv="refresh" content="` + toSignIn + `">`
)

// TestB9_EachLibraryIsAnsweredAsItShowsIt: what a script fetches from a page's route leads the
// whole document to the sign-in page, and back to the page that the person saw.
func TestB9_EachLibraryIsAnsweredAsItShowsIt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind   string
		status int
		header string // name and value
		body   string // "=" is the whole of it
	}{
		"turbo frame":  {"turbo", 401, "Content-Type text/vnd.turbo-stream.html; charset=utf-8", `=<turbo-stream action="append" targets="head"><template>` + refreshTo + `</template></turbo-stream>`},
		"turbo stream": {"stream", 401, "Content-Type text/vnd.turbo-stream.html; charset=utf-8", refreshTo},
		"alpine-ajax":  {"alpine", 401, "Content-Type text/html; charset=utf-8", `=<div id="list">` + refreshTo + `</div><div id="side">` + refreshTo + `</div>`},
		"unpoly":       {"unpoly", 401, "X-Up-Target body", "<body>" + refreshTo},
		"datastar":     {"datastar", 200, "Content-Type text/event-stream", refreshTo},
		"htmx":         {"htmx", 401, "Hx-Redirect /sign-in?redirect_url=" + url.QueryEscape(list), "="},
		"EventSource":  {"events", 200, "Content-Type text/event-stream", `{"status":401,"signInUrl":"/sign-in?redirect_url=http%3A%2F%2Fexample.com%2Flist%3Fpage%3D2"}`},
		"fetch":        {"api", 401, "Content-Type application/json", `"code":"authentication_invalid"`},
	} {
		for guard, g := range map[string]func(http.Handler) http.Handler{"page": authctx.RequirePage(), "any": authctx.Require()} {
			for _, method := range []string{"GET", "POST"} {
				if tt.kind == "events" && method == "POST" {
					continue
				}
				t.Run(name+", "+guard+", "+method, func(t *testing.T) {
					t.Parallel()
					rec := deniedAs(t, authtest.Config(t), g, authtest.NewRequest(t, method, "/part?a=1", authtest.SignedOut()), onPage(tt.kind, list))
					checkDenied(t, rec)
					field, value, _ := strings.Cut(tt.header, " ")
					if rec.Code != tt.status || rec.Header().Get(field) != value {
						t.Errorf("%d, %s %q", rec.Code, field, rec.Header().Get(field))
					}
					if whole, exact := strings.CutPrefix(tt.body, "="); exact && rec.Body.String() != whole || !strings.Contains(rec.Body.String(), whole) {
						t.Errorf("body %q", rec.Body)
					}
					if rec.Header().Get("Location") != "" || tt.status == 401 && rec.Header().Get("WWW-Authenticate") == "" {
						t.Errorf("headers %v", rec.Header())
					}
				})
			}
		}
	}
}

// TestB9_WhatFetchesPages: requests of scripts that are documents, and the other way round.
func TestB9_WhatFetchesPages(t *testing.T) {
	t.Parallel()
	const html = "text/html, application/xhtml+xml"
	for name, tt := range map[string]struct {
		headers map[string]string
		page    int // status of RequirePage
		any     int // status of Require
	}{
		"a visit of Turbo":            {map[string]string{"X-Turbo-Request-Id": "1", "Accept": html, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 303, 303},
		"a navigation":                {map[string]string{"Accept": html, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 303, 303},
		"by a service worker":         {map[string]string{"Accept": html, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "empty"}, 303, 303},
		"by one that says no more":    {map[string]string{"Accept": "*/*", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "empty"}, 303, 303},
		"an embedded page":            {map[string]string{"Accept": html, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"}, 303, 303},
		"fetch":                       {map[string]string{"Accept": "*/*", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 401, 401},
		"fetch of HTML":               {map[string]string{"Accept": "text/html", "Sec-Fetch-Mode": "same-origin", "Sec-Fetch-Dest": "empty"}, 401, 303},
		"an image":                    {map[string]string{"Accept": "image/*,*/*;q=0.8", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 401, 401},
		"XMLHttpRequest, old browser": {map[string]string{"Accept": "*/*", "X-Requested-With": "XMLHttpRequest"}, 401, 401},
		"a program":                   {map[string]string{"Accept": "*/*"}, 303, 401},
		"nothing":                     {nil, 303, 401},
	} {
		for guard, want := range map[*func(http.Handler) http.Handler]int{ptr(authctx.RequirePage()): tt.page, ptr(authctx.Require()): tt.any} {
			rec := deniedAs(t, authtest.Config(t), *guard, authtest.NewRequest(t, "GET", "/p", authtest.SignedOut()), tt.headers)
			if rec.Code != want {
				t.Errorf("%s: %d, want %d (page %d, any %d)", name, rec.Code, want, tt.page, tt.any)
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }

// TestB9_PartsOfTheSignInPageRedirectNobody: the page would load them again and again.
func TestB9_PartsOfTheSignInPageRedirectNobody(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"/sign-in?redirect_url=%2Fp", "/sign-up"} {
		for _, kind := range []string{"htmx", "turbo", "stream", "alpine", "unpoly", "datastar"} {
			rec := deniedAs(t, authtest.Config(t), authctx.RequirePage(), authtest.NewRequest(t, "GET", "/part", authtest.SignedOut()), onPage(kind, authtest.Origin+page))
			checkDenied(t, rec)
			if all := rec.Body.String() + rec.Header().Get("Hx-Redirect"); rec.Code != 401 || strings.Contains(all, "refresh") || strings.Contains(all, "/sign-in") {
				t.Errorf("%s on %s: %d %v %s", kind, page, rec.Code, rec.Header(), rec.Body)
			}
		}
	}
}

// TestB9_RefusalsAreShown where a library shows the part that it asked for.
func TestB9_RefusalsAreShown(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"turbo":  `<turbo-frame id="list"><p role="alert">`,
		"alpine": `<div id="list"><p role="alert">`,
		"unpoly": `<main><p role="alert">`,
	} {
		rec := deniedAs(t, authtest.Config(t), authctx.RequirePage(authctx.Role("admin")), authtest.NewRequest(t, "GET", "/part"), onPage(kind, list))
		checkDenied(t, rec)
		if rec.Code != 403 || !strings.Contains(rec.Body.String(), want) || rec.Header().Get("X-Up-Target") != "" {
			t.Errorf("%s: %d %v %s", kind, rec.Code, rec.Header(), rec.Body)
		}
	}
}

// TestX02_B9_NamesOfPartsStayData: what a request says about itself is no markup.
func TestX02_B9_NamesOfPartsStayData(t *testing.T) {
	t.Parallel()
	for kind, field := range map[string]string{"turbo": "Turbo-Frame", "alpine": "X-Alpine-Target"} {
		for _, reqs := range [][]authctx.Requirement{nil, {authctx.Role("admin")}} {
			h := onPage(kind, "")
			h[field] = `"><script>alert(1)</script>` + strings.Repeat(" x", 4000)
			who := []authtest.Option{authtest.SignedOut()}
			if reqs != nil {
				who = nil
			}
			rec := deniedAs(t, authtest.Config(t), authctx.RequirePage(reqs...), authtest.NewRequest(t, "GET", "/part", who...), h)
			if strings.Contains(rec.Body.String(), "<script") || rec.Body.Len() > 100<<10 {
				t.Errorf("%s: %d octets: %.200s", kind, rec.Body.Len(), rec.Body)
			}
		}
	}
}

// TestB25_PeopleComeBackToThePageTheyWereOn: never to what a form was sent to, and never to
// another origin.
func TestB25_PeopleComeBackToThePageTheyWereOn(t *testing.T) {
	t.Parallel()
	back := "/sign-in?redirect_url=" + url.QueryEscape(list)
	for name, tt := range map[string]struct {
		kind, field, page, want string
	}{
		"a form":                        {"document", "Referer", list, back},
		"htmx":                          {"htmx", "HX-Current-URL", list, back},
		"htmx, boosted":                 {"boosted", "HX-Current-URL", list, back},
		"htmx by Referer":               {"htmx", "Referer", list, back},
		"R01 another origin":            {"document", "Referer", "https://evil.example/list", "/sign-in"},
		"R01 another port":              {"htmx", "HX-Current-URL", authtest.Origin + ":81/list", "/sign-in"},
		"R01 the https twin":            {"document", "Referer", strings.Replace(list, "http:", "https:", 1), "/sign-in"},
		"R01 somebody's name":           {"document", "Referer", "http://example.com@evil.example/", "/sign-in"},
		"R01 an allowed redirect":       {"document", "Referer", "https://partner.example/list", "/sign-in"},
		"R02 a script":                  {"htmx", "HX-Current-URL", "javascript:alert(1)", "/sign-in"},
		"R03 two lines":                 {"htmx", "HX-Current-URL", list + "\r\nX: y", "/sign-in"},
		"R08 the sign-in page":          {"document", "Referer", authtest.Origin + "/sign-in?redirect_url=%2Fx", "/sign-in"},
		"R08 the sign-up page":          {"document", "Referer", authtest.Origin + "/sign-up", "/sign-in"},
		"R08 the handshake":             {"document", "Referer", authtest.Origin + "/__clerk/v1/client/handshake", "/sign-in"},
		"nothing said":                  {"document", "Referer", "", "/sign-in"},
		"an origin without a path":      {"document", "Referer", authtest.Origin, "/sign-in?redirect_url=http%3A%2F%2Fexample.com"},
		"the page that posts to itself": {"document", "Referer", authtest.Origin + "/p", "/sign-in?redirect_url=http%3A%2F%2Fexample.com%2Fp"},
	} {
		for _, method := range []string{"POST", "PUT", "DELETE"} {
			for _, guard := range []func(http.Handler) http.Handler{authctx.RequirePage(), authctx.Require()} {
				cfg := authtest.Config(t)
				cfg.AllowedRedirectOrigins = []string{"https://partner.example"}
				h := onPage(tt.kind, "")
				h[tt.field] = tt.page
				rec := deniedAs(t, cfg, guard, authtest.NewRequest(t, method, "/p?delete=1", authtest.SignedOut()), h)
				checkDenied(t, rec)
				if got := rec.Header().Get("Location") + rec.Header().Get("Hx-Redirect"); got != tt.want {
					t.Errorf("%s, %s: to %q, want %q", name, method, got, tt.want)
				}
			}
		}
	}
}

// TestB12_HistoryIsRestoredAsADocument: htmx 2 reads no header field there, and shows nothing
// with a status over 399.
func TestB12_HistoryIsRestoredAsADocument(t *testing.T) {
	t.Parallel()
	restore := map[string]string{"HX-Request": "true", "HX-History-Restore-Request": "true", "HX-Current-URL": authtest.Origin + "/p?a=1", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
	bare := map[string]string{"HX-History-Restore-Request": "true", "HX-Current-URL": authtest.Origin + "/p?a=1", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
	four := map[string]string{"HX-Source": "body", "HX-Request-Type": "full", "Accept": "text/html"}
	for name, value := range restore {
		four[name] = value
	}
	for _, guard := range []func(http.Handler) http.Handler{authctx.RequirePage(), authctx.Require(), authctx.ProtectByDefault} {
		ask := func(cfg authctx.Config, h map[string]string) (int, http.Header, string) {
			rec := deniedAs(t, cfg, guard, authtest.NewRequest(t, "GET", "/p?a=1", authtest.SignedOut()), h)
			checkDenied(t, rec)
			return rec.Code, rec.Header(), rec.Body.String()
		}
		for _, h := range []map[string]string{restore, bare} {
			if code, got, _ := ask(authtest.Config(t), h); code != 303 || got.Get("Location") != "/sign-in?redirect_url=%2Fp%3Fa%3D1" || got.Get("Hx-Redirect") != "" {
				t.Errorf("htmx 2: %d %v", code, got)
			}
		}
		if code, got, _ := ask(authtest.Config(t), four); code != 401 || got.Get("Hx-Redirect") != "/sign-in?redirect_url=http%3A%2F%2Fexample.com%2Fp%3Fa%3D1" {
			t.Errorf("htmx 4: %d %v", code, got)
		}
		elsewhere := authtest.Config(t)
		elsewhere.SignInURL = "https://accounts.example.com/sign-in"
		if code, _, body := ask(elsewhere, restore); code != 200 || !strings.Contains(body, `<meta http-equiv="refresh" content="0;url=https://accounts.example.com/sign-in?redirect_url=`) {
			t.Errorf("htmx 2, sign-in elsewhere: %d %s", code, body)
		}
	}
}
