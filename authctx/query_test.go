package authctx_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

// TestParametersAreReadAsBrowsersWriteThem: a name spelt otherwise is the same name, and a
// parameter that [url.ParseQuery] would drop is there. The first of a name counts.
func TestParametersAreReadAsBrowsersWriteThem(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"__clerk_db_jwt=dvb_1":                        "dvb_1",
		"%5F_clerk_db_jwt=dvb_1":                      "dvb_1",
		"__%63lerk_db_jwt=dvb_1":                      "dvb_1",
		"a=%&%zz=1&__clerk_db_jwt=dvb_1":              "dvb_1",
		"a=1;b&__clerk_db_jwt=dvb%5F1;x":              "dvb_1;x",
		"__clerk_db_jwt=a%zz%41%":                     "a%zzA%",
		"__clerk_db_jwt=a+b%4":                        "a b%4",
		"__clerk_db_jwt=one&__clerk_db_jwt=two":       "one",
		"__clerk_db_jwt=&%5F_clerk_db_jwt=two":        "dvb_cookie",
		"a=1;__clerk_db_jwt=x":                        "",
		"+__clerk_db_jwt=x&__CLERK_DB_JWT=x&a=%5F_cl": "",
	} {
		cfg := authtest.Config(t)
		cfg.PublishableKey, cfg.SecretKey, cfg.ProxyURL = wire.NewPublishableKey(false, "clerk.authtest.example.com").String(), "sk_test_x", ""
		tok := authtest.Token(t, authtest.At(time.Now().Add(-time.Hour)))
		req := httptest.NewRequest("GET", "/p?"+query, nil)
		req.Header.Set("Accept", "text/html")
		req.Header.Set("Cookie", "__session="+tok+"; __client_uat=1; __clerk_db_jwt=dvb_cookie")
		loc, err := url.Parse(ask(t, cfg, req).Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		q := loc.Query()
		sync := q.Get("__clerk_hs_reason") == "dev-browser-sync"
		if sync != (want != "") || sync && q.Get("__clerk_db_jwt") != want {
			t.Errorf("%s: %s of %q, want %q", query, q.Get("__clerk_hs_reason"), q.Get("__clerk_db_jwt"), want)
		}
		if back := q.Get("redirect_url"); sync && strings.Contains(strings.ReplaceAll(strings.ReplaceAll(back, "%5F", "_"), "%63", "c"), "__clerk_db_jwt=") {
			t.Errorf("%s comes back as %s", query, back)
		}
	}
}

// TestC17_ThousandsOfParameters: a heap of them is looked through, and nothing of it kept.
func TestC17_ThousandsOfParameters(t *testing.T) {
	cfg := authtest.Config(t)
	cfg.PublishableKey, cfg.SecretKey = wire.NewPublishableKey(false, "clerk.authtest.example.com").String(), "sk_test_x"
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	views := func(query string) float64 {
		req := httptest.NewRequest("POST", "/", nil)
		req.URL.RawQuery = query
		req.Header.Set("Cookie", "__clerk_db_jwt=dvb_1")
		w, h := nobody{http.Header{}}, a.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		return testing.AllocsPerRun(5, func() { h.ServeHTTP(w, req) })
	}
	for _, words := range []string{"%41&", "%zz=1&", "=&"} {
		if few, many := views(words), views(strings.Repeat(words, 100_000)); many > few {
			t.Errorf("%q: %v allocations for many, %v for one", words, many, few)
		}
	}
}
