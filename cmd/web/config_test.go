package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

const (
	livePublishable = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k" // clerk.example.com
	testPublishable = "pk_test_Y2xlcmsuZXhhbXBsZS5jb20k"
	liveSecret      = "sk_live_000000000000000000000000000000000000000000"
	testSecret      = "sk_test_000000000000000000000000000000000000000000"
)

func parse(args []string, env map[string]string) (*config, error) {
	return parseConfig("web", args, func(name string) string { return env[name] }, io.Discard)
}

func TestDefaultsNeedNoConfiguration(t *testing.T) {
	t.Parallel()
	c, err := parse(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.addr != "localhost:8080" || c.dataDir != "./data" || c.backendAddr != "localhost:8081" || c.hosted() {
		t.Errorf("defaults: %+v", *c)
	}
	if got := c.publicOrigin(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}); got != "http://localhost:8080" {
		t.Errorf("origin %q", got)
	}
}

func TestFlagsWinOverEnvironment(t *testing.T) {
	t.Parallel()
	c, err := parse([]string{"-addr", ":9000", "-backend-addr", "off"},
		map[string]string{"ADDR": "localhost:7000", "DATA_DIR": "/var/lib/app", "BACKEND_API_ADDR": "localhost:7001", "PUBLIC_ORIGIN": "https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if c.addr != ":9000" || c.dataDir != "/var/lib/app" || c.backendAddr != "" || c.origin != "https://app.example.com" {
		t.Errorf("got %+v", *c)
	}
}

func TestOriginFollowsFromTheAddress(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"localhost:0": "http://localhost:4711", ":0": "http://localhost:4711", "0.0.0.0:0": "http://localhost:4711",
		"[::]:0": "http://localhost:4711", "127.0.0.1:0": "http://127.0.0.1:4711", "App.Example.com:0": "http://app.example.com:4711",
	} {
		c := &config{addr: addr}
		if got := c.publicOrigin(&net.TCPAddr{Port: 4711}); got != want {
			t.Errorf("-addr %s: origin %q, want %q", addr, got, want)
		}
	}
	if got := (&config{addr: "localhost:80"}).publicOrigin(&net.TCPAddr{Port: 80}); got != "http://localhost" {
		t.Errorf("port 80: origin %q", got)
	}
}

func TestEveryMistakeIsNamedWithItsRemedy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		want []string
	}{
		{"several at once", []string{"-addr", "8080", "-backend-addr", "nowhere", "-origin", "https://App.example.com/"}, map[string]string{"CLERK_SECRET_KEY": liveSecret},
			[]string{`-addr is "8080"`, `-backend-addr is "nowhere"`, "or off for none", "such as https://app.example.com", "CLERK_PUBLISHABLE_KEY is not"}},
		{"one address twice", []string{"-addr", "localhost:8080", "-backend-addr", "localhost:8080"}, nil, []string{"a port of its own"}},
		{"no data folder", []string{"-data", ""}, nil, []string{"-data is empty"}},
		{"unknown flag", []string{"-prot", "80"}, nil, []string{"flag provided but not defined: -prot"}},
		{"stray argument", []string{"serve"}, nil, []string{`unexpected argument "serve"`}},
		{"postgres", []string{"-database", "postgres://u:hunter2@db/x"}, nil, []string{"PostgreSQL", "DATABASE_URL empty"}},
		{"other database", nil, map[string]string{"DATABASE_URL": "mysql://u:hunter2@db/x"}, []string{"-database is not understood"}},
		{"V06 swapped keys", nil, map[string]string{"CLERK_PUBLISHABLE_KEY": liveSecret, "CLERK_SECRET_KEY": livePublishable}, []string{"are swapped"}},
		{"secret key twice", nil, map[string]string{"CLERK_PUBLISHABLE_KEY": liveSecret, "CLERK_SECRET_KEY": liveSecret}, []string{"this is a secret key"}},
		{"publishable key only", nil, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable}, []string{"CLERK_SECRET_KEY is not"}},
		{"broken publishable key", nil, map[string]string{"CLERK_PUBLISHABLE_KEY": "pk_live_%%%", "CLERK_SECRET_KEY": liveSecret}, []string{"not base64"}},
		{"keys of two instances", nil, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": testSecret}, []string{"different instances"}},
		{"I25 test keys with a live origin", []string{"-origin", "https://app.example.com"}, map[string]string{"CLERK_PUBLISHABLE_KEY": testPublishable, "CLERK_SECRET_KEY": testSecret}, []string{"use the live keys"}},
		{"leftovers of a hosted instance", nil, map[string]string{"CLERK_JWT_KEY": "x"}, []string{"is set without keys"}},
		{"bad JWT key and API address", nil, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret, "CLERK_JWT_KEY": "x", "CLERK_API_URL": "http://api.example.com"},
			[]string{"JWTKey is not in PEM form", "https"}},
		{"sign-in page", nil, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret, "CLERK_SIGN_IN_URL": "sign-in"}, []string{"CLERK_SIGN_IN_URL is"}},
		{"proxy", nil, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret, "CLERK_PROXY_URL": "ftp://x"}, []string{"ProxyURL"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(tt.args, tt.env)
			var usage usageError
			if !errors.As(err, &usage) {
				t.Fatalf("err = %v, want a usage error", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the message lacks %q:\n%v", want, err)
				}
			}
			for _, secret := range []string{liveSecret, testSecret, "hunter2"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("V02: the message shows a secret: %v", err)
				}
			}
		})
	}
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{nil: 0, flag.ErrHelp: 0, usageError{errors.New("x")}: 2, errors.New("x"): 1} {
		if got := report(err); got != want {
			t.Errorf("report(%v) = %d, want %d", err, got, want)
		}
	}
	if _, err := parse([]string{"-h"}, nil); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

func TestHostedInstanceUsesItsOwnPagesUnlessProxied(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		proxy, signIn string
		proxied       bool
	}{
		{"", "https://accounts.example.com/sign-in", false},
		{"/__clerk", "", true},
		{"https://app.example.com/__clerk/", "", true},
		{"https://clerk-proxy.example.com", "https://accounts.example.com/sign-in", false},
	} {
		c, err := parse([]string{"-origin", "https://app.example.com"},
			map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret, "CLERK_PROXY_URL": tt.proxy})
		if err != nil {
			t.Fatal(err)
		}
		in := hostedInstance(c, c.origin)
		if in.proxied != tt.proxied || in.auth.SignInURL != tt.signIn || in.carrier != nil {
			t.Errorf("proxy %q: proxied %v, sign-in %q", tt.proxy, in.proxied, in.auth.SignInURL)
		}
	}
	for host, want := range map[string]string{
		"clerk.example.com": "https://accounts.example.com", "foo-bar-13.clerk.accounts.dev": "https://foo-bar-13.accounts.dev",
		"x.clerk.accountsstage.dev": "https://x.accountsstage.dev", "id.example.com": "https://id.example.com",
	} {
		if got := accountPortal(host); got != want {
			t.Errorf("accountPortal(%s) = %s, want %s", host, got, want)
		}
	}
}

func TestV02_ConfigHidesKeys(t *testing.T) {
	t.Parallel()
	c, err := parse(nil, map[string]string{"CLERK_PUBLISHABLE_KEY": livePublishable, "CLERK_SECRET_KEY": liveSecret})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, c); strings.Contains(got, liveSecret) {
			t.Errorf("%s shows the secret key", verb)
		}
	}
}

func TestHelpSaysWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	var help strings.Builder
	_, err := parseConfig(program, []string{"-h"}, noEnv, &help)
	if _, after, _ := strings.Cut(help.String(), "-database"); !errors.Is(err, flag.ErrHelp) || !strings.Contains(after[:min(len(after), 120)], "cannot use yet") {
		t.Errorf("%v; the help says\n%s", err, help.String())
	}
}

func TestAnUnknownCommandStartsNoServer(t *testing.T) {
	t.Parallel()
	if got := run([]string{"user", "list"}, noEnv); got != 2 {
		t.Errorf("exit status %d, want 2", got)
	}
}
