package views_test

import (
	"context"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// TestB11_WhatOnlySignedInPeopleSeeIsNotCopied: libraries that keep pages for the Back button
// leave out those with one of these components.
func TestB11_WhatOnlySignedInPeopleSeeIsNotCopied(t *testing.T) {
	t.Parallel()
	in, out := authtest.Context(t), authtest.Context(t, authtest.SignedOut())
	props := func(ctx context.Context) templ.Component { return views.AuthProps(authctx.BuildAuthProps(ctx)) }
	const htmx, turbo = `data-hx-history="false"`, `<meta name="turbo-cache-control" content="no-cache">`
	for name, tt := range map[string]struct {
		ctx         context.Context
		body        templ.Component
		htmx, turbo bool
	}{
		"props":             {in, props(in), true, true},
		"props of nobody":   {out, props(out), false, false},
		"sign-out":          {in, views.SignOut(), true, false},
		"user menu":         {in, views.UserMenu(wire.PublicUserData{}), true, false},
		"profile":           {in, views.UserProfile(views.Profile{}), true, false},
		"organizations":     {in, views.UserOrganizations(views.Organizations{}), true, false},
		"sign-in":           {out, views.SignIn(views.SignInForm{}), false, false},
		"user menu, nobody": {out, views.UserMenu(wire.PublicUserData{}), false, false},
	} {
		got := render(t, tt.ctx, tt.body)
		if strings.Contains(got, htmx) != tt.htmx || strings.Contains(got, turbo) != tt.turbo {
			t.Errorf("%s: %s", name, got)
		}
	}
}
