package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

// checkKeys decides between a hosted instance (both keys) and the embedded one (none).
// No message repeats a secret.
func (c *config) checkKeys(publishable string) error {
	if publishable == "" && c.secretKey == "" {
		if c.jwtKey != "" || c.apiURL != "" || c.proxyURL != "" {
			return errors.New("CLERK_JWT_KEY, CLERK_API_URL or CLERK_PROXY_URL is set without keys: set CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY too to use a hosted instance, or unset them to use the embedded one")
		}
		return nil
	}
	if strings.HasPrefix(publishable, "sk_") && strings.HasPrefix(c.secretKey, "pk_") {
		return errors.New("CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY are swapped: the publishable key begins with pk_, the secret key with sk_; if the secret one was ever shown in a page, replace it")
	}
	var errs []error
	key, err := wire.ParsePublishableKey(publishable)
	switch {
	case publishable == "":
		errs = append(errs, errors.New("CLERK_SECRET_KEY is set but CLERK_PUBLISHABLE_KEY is not: set both for a hosted instance, or neither for the embedded one"))
	case err != nil:
		errs = append(errs, fmt.Errorf("CLERK_PUBLISHABLE_KEY: %w", err))
	}
	if c.secretKey == "" {
		errs = append(errs, errors.New("CLERK_PUBLISHABLE_KEY is set but CLERK_SECRET_KEY is not: set both for a hosted instance, or neither for the embedded one"))
	} else if err == nil && key.Live() != strings.Contains(c.secretKey[:min(len(c.secretKey), 8)], "live_") {
		errs = append(errs, errors.New("CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to different instances: one is a live key, the other a test key"))
	}
	c.publishable = key
	return errors.Join(errs...)
}

// checkHosted checks everything else about a hosted instance without using the network.
func (c *config) checkHosted() error {
	var errs []error
	origin := c.origin
	if origin == "" {
		origin = "http://localhost:8080" // any will do for the check
	}
	if u, err := url.Parse(origin); err == nil && !c.publishable.Live() && u.Scheme == "https" && !loopback(u.Hostname()) {
		errs = append(errs, fmt.Errorf("the keys are test keys, but -origin is %s: use the live keys of the instance there", origin))
	}
	_, err := authctx.New(c.authConfig(origin))
	errs = append(errs, err)
	_, err = userclient.New(userclient.Config{SecretKey: c.secretKey, APIURL: c.apiURL})
	errs = append(errs, err)
	for _, page := range []struct{ name, url string }{{"CLERK_SIGN_IN_URL", c.signInURL}, {"CLERK_SIGN_UP_URL", c.signUpURL}} {
		if _, absolute := web.Origin(page.url); page.url != "" && page.url[0] != '/' && !absolute {
			errs = append(errs, fmt.Errorf("%s is %q: write a path such as /sign-in, or an https address", page.name, page.url))
		}
	}
	return errors.Join(errs...)
}

// authConfig is what authctx needs to know of a hosted instance.
func (c *config) authConfig(origin string) authctx.Config {
	cfg := authctx.Config{
		PublishableKey: c.publishable.String(), SecretKey: c.secretKey, JWTKey: c.jwtKey, APIURL: c.apiURL,
		ProxyURL: c.proxyURL, PublicOrigin: origin, AuthorizedParties: []string{origin},
		SignInURL: c.signInURL, SignUpURL: c.signUpURL,
	}
	if !c.proxied(origin) { // the forms here cannot set the instance's cookies: its own pages do
		portal := accountPortal(c.publishable.Host())
		if cfg.SignInURL == "" {
			cfg.SignInURL = portal + "/sign-in"
		}
		if cfg.SignUpURL == "" {
			cfg.SignUpURL = portal + "/sign-up"
		}
	}
	return cfg
}

// proxied reports that browsers reach the Frontend API on this origin, through us.
func (c *config) proxied(origin string) bool {
	proxy := strings.TrimSuffix(c.proxyURL, "/")
	return !c.hosted() || proxy == wire.ProxyPath || proxy == origin+wire.ProxyPath
}

// accountPortal is where a hosted instance has its own pages (protocol reference 1.1).
func accountPortal(host string) string {
	for _, r := range [][2]string{
		{"clerk.accountsstage.", "accountsstage."}, {"clerk.accounts.", "accounts."}, {"clerk.", "accounts."},
	} {
		if strings.Contains(host, r[0]) {
			return "https://" + strings.Replace(host, r[0], r[1], 1)
		}
	}
	return "https://" + host
}
