package userclient_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/userclient"
)

func TestNewReportsMistakes(t *testing.T) {
	t.Parallel()
	good := func(change func(*userclient.Config)) userclient.Config {
		cfg := userclient.Config{SecretKey: secretKey}
		change(&cfg)
		return cfg
	}
	key := func(k string) userclient.Config { return userclient.Config{SecretKey: k} }
	api := func(u string) userclient.Config {
		return good(func(c *userclient.Config) { c.APIURL = u })
	}
	tests := []struct {
		name string
		cfg  userclient.Config
		want string // "" is no mistake
	}{
		{"only a secret key", key(secretKey), ""},
		{"a live key", key("sk_live_x"), ""},
		{"a key of an older instance", key("live_x"), ""},
		{"no key", key(""), "SecretKey is empty"},
		{"the publishable key", key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"), "publishable key"},
		{"a key with a line break", key(secretKey + "\n"), "line break"},
		{"a quoted key", key(`"` + secretKey + `"`), "quotes"},
		{"a key of another kind", key("whsec_abc"), "must begin with sk_live_"},
		{"a prefix without a key", key("sk_live_"), "go on after it"},

		{"https", api("https://api.example.com"), ""},
		{"https behind a gateway's path", api("https://gateway.example.com/clerk/"), ""},
		{"http on localhost", api("http://localhost:8081"), ""},
		{"http on 127.0.0.1", api("http://127.0.0.1:8081"), ""},
		{"http on ::1", api("http://[::1]:8081"), ""},
		{"http elsewhere", api("http://api.example.com"), "must be https"},
		{"http on a host named like localhost", api("http://localhost.example.com"), "must be https"},
		{"http on a name below localhost", api("http://api.localhost"), "must be https"},
		{"http on a private address", api("http://192.168.0.1"), "must be https"},
		{"another scheme", api("ftp://api.example.com"), "must be https"},
		{"no scheme", api("api.example.com"), "must be https"},
		{"no host", api("https:///v2"), "has no host"},
		{"a password", api("https://u:p@api.example.com"), "user name or password"},
		{"a query", api("https://api.example.com?x=1"), "a query"},
		{"an empty query", api("https://api.example.com?"), "a query"},
		{"a fragment", api("https://api.example.com#x"), "fragment"},
		{"the version", api("https://api.example.com/v1/"), "must not end in /v1"},
		{"no URL", api("https://api.example.com/%zz"), "not a URL"},

		{"a negative timeout", good(func(c *userclient.Config) { c.Timeout = -1 }), "Timeout is negative"},
		{"a negative wait", good(func(c *userclient.Config) { c.MaxWait = -1 }), "MaxWait is negative"},
		{"a negative body limit", good(func(c *userclient.Config) { c.MaxBody = -1 }), "MaxBody is negative"},
		{"http on a transport of one's own", good(func(c *userclient.Config) {
			c.APIURL, c.Transport = "http://api.usher.localhost", transport(nil)
		}), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := userclient.New(tt.cfg)
			if tt.want == "" {
				if err != nil || c == nil {
					t.Fatalf("New = %v, %v, want a client", c, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("New = %v, want a mistake with %q", err, tt.want)
			}
			if k := strings.TrimSpace(tt.cfg.SecretKey); len(k) > 12 && strings.Contains(err.Error(), k) {
				t.Errorf("the message shows the key: %v", err)
			}
		})
	}
}

func TestNewReportsAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := userclient.New(userclient.Config{
		SecretKey: "pk_test_x", APIURL: "http://u@api.example.com/v1?x", Timeout: -1, MaxWait: -1, MaxBody: -1,
	})
	if err == nil {
		t.Fatal("New accepted it")
	}
	for _, want := range []string{"publishable", "https", "user name", "query", "/v1", "Timeout", "MaxWait", "MaxBody"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported:\n%v", want, err)
		}
	}
}

func TestV02_SecretKeyIsNeverPrinted(t *testing.T) {
	t.Parallel()
	cfg := userclient.Config{SecretKey: secretKey, APIURL: "https://api.example.com", Timeout: time.Second}
	c, err := userclient.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, apiErr := client(t, transportOf(status(401))).Users.Get(t.Context(), "user_1")
	nested := struct {
		Config  userclient.Config
		Pointer *userclient.Config
		Client  *userclient.Client
		Err     error
	}{cfg, &cfg, c, apiErr}

	var out bytes.Buffer
	for _, v := range []any{cfg, &cfg, c, *c, nested, apiErr} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
			logger.Info("value", "v", v)
		}
		if err := json.NewEncoder(&out).Encode(v); err != nil {
			t.Errorf("%T: %v", v, err)
		}
	}
	for _, secret := range []string{secretKey, fmt.Sprintf("%x", secretKey), secretKey[8:]} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the secret key is shown in\n%s", out.String())
		}
	}
	if !strings.Contains(out.String(), "https://api.example.com") || !strings.Contains(out.String(), "[redacted]") {
		t.Error("the settings that are no secret are not shown")
	}
}
