package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strconv"
)

// toggle is a flag that is on or off, with the environment variable behind it. All are off
// by default.
type toggle struct{ flag, env, help string }

var toggles = []toggle{
	{"multi-session", "MULTI_SESSION", "let several people be signed in in one browser"},
	{"verify-email", "VERIFY_EMAIL", "ask new people for a code that was sent to their address; needs mail"},
	{"insecure-impersonation", "INSECURE_IMPERSONATION", "let people who act as somebody else change memberships, sessions and credentials"},
}

// addToggles defines them. What is neither on nor off in the environment is a mistake.
func addToggles(flags *flag.FlagSet, env *environment) {
	for _, t := range toggles {
		on := false
		if v := env.value(t.env); v != "" {
			var err error
			if on, err = strconv.ParseBool(v); err != nil {
				env.errs = append(env.errs, fmt.Errorf("%s is %q: write 1 or 0", t.env, v))
			}
		}
		flags.Bool(t.flag, on, t.help+" (environment: "+t.env+")")
	}
}

// useToggles reads them from the values of the flags.
func (c *config) useToggles(values map[string]string) error {
	c.multiSession, c.verifyEmail = values["multi-session"] == "true", values["verify-email"] == "true"
	c.openImpersonation = values["insecure-impersonation"] == "true"
	if c.hosted() {
		return nil // the instance decides
	}
	if c.verifyEmail && !c.mayCatchMail() {
		return errors.New("-verify-email needs mail, which this version can only catch for developers: set USHER_DEV=1 on an origin of this machine, or leave -verify-email and VERIFY_EMAIL away")
	}
	return nil
}

// mayCatchMail reports that mail is kept for developers to read, and not sent: where they
// said so, and nobody but them can reach the page.
func (c *config) mayCatchMail() bool {
	if !c.development || c.hosted() {
		return false
	}
	u, err := url.Parse(c.origin)
	return c.origin == "" || err == nil && loopback(u.Hostname())
}
