package views

import (
	"cmp"
	"context"
	"net/url"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/wire"
)

// Addresses are the pages that links and forms of the components go to. "" is what the
// instance of the request says ([authctx.Config]). SignOutURL takes a form and is a path;
// the others may be absolute.
type Addresses struct {
	SignInURL, SignUpURL, SignOutURL, ProfileURL, OrganizationsURL string
	// ReturnTo is where the sign-in or sign-up page that is being rendered leads back to.
	ReturnTo string
}

type addressesKey struct{}

// WithAddresses returns a context whose components go to the pages in a. Package handlers
// renders its pages with one, so that they follow its own Config; elsewhere
// [authctx.Config] is enough. The RedirectURL of a form is taken as checked there, and is
// kept on every link.
func WithAddresses(ctx context.Context, a Addresses) context.Context {
	return context.WithValue(ctx, addressesKey{}, a)
}

// addresses returns what ctx says, with the instance's in the places of "".
func addresses(ctx context.Context) (a Addresses, checked bool) {
	a, checked = ctx.Value(addressesKey{}).(Addresses)
	in := authctx.InstanceFromContext(ctx)
	return Addresses{
		SignInURL: cmp.Or(a.SignInURL, in.SignInURL, "/sign-in"), SignUpURL: cmp.Or(a.SignUpURL, in.SignUpURL, "/sign-up"),
		SignOutURL: cmp.Or(a.SignOutURL, in.SignOutURL, "/sign-out"), ProfileURL: cmp.Or(a.ProfileURL, in.ProfileURL, "/user"),
		OrganizationsURL: cmp.Or(a.OrganizationsURL, in.OrganizationsURL, "/organizations"),
	}, checked
}

func signInAction(ctx context.Context) string {
	a, _ := addresses(ctx)
	return formAction(a.SignInURL, "/sign-in")
}

func signUpAction(ctx context.Context) string {
	a, _ := addresses(ctx)
	return formAction(a.SignUpURL, "/sign-up")
}

func signOutAction(ctx context.Context) string {
	a, _ := addresses(ctx)
	return formAction(a.SignOutURL, "/sign-out")
}

func profileAction(ctx context.Context) string {
	a, _ := addresses(ctx)
	return formAction(a.ProfileURL, "/user")
}

func organizationsAction(ctx context.Context) string {
	a, _ := addresses(ctx)
	return formAction(a.OrganizationsURL, "/organizations")
}

func profileURL(ctx context.Context) string {
	a, _ := addresses(ctx)
	return a.ProfileURL
}

// SignInURL is [authctx.SignInURL] for pages that package handlers renders too: there it
// keeps the way back of the page itself where returnTo is "", so that a layout's links lose
// none.
func SignInURL(ctx context.Context, returnTo string) string {
	own, checked := ctx.Value(addressesKey{}).(Addresses)
	returnTo = cmp.Or(returnTo, own.ReturnTo)
	return withReturn(own.SignInURL, authctx.SignInURL(ctx, returnTo), returnTo, checked)
}

// SignUpURL is [SignInURL] for the sign-up page.
func SignUpURL(ctx context.Context, returnTo string) string {
	own, checked := ctx.Value(addressesKey{}).(Addresses)
	returnTo = cmp.Or(returnTo, own.ReturnTo)
	return withReturn(own.SignUpURL, authctx.SignUpURL(ctx, returnTo), returnTo, checked)
}

// withReturn is page, or otherwise in place of "", which the instance's own rule for ways
// back has made. A way back that was checked by the rule of the page that shows the link is
// kept where that one has left it out: the page it leads to checks again.
func withReturn(page, otherwise, returnTo string, checked bool) string {
	page = cmp.Or(page, otherwise)
	u, err := url.Parse(page)
	if !checked || returnTo == "" || err != nil || u.Host != "" && returnTo[0] == '/' {
		return page
	}
	query := u.Query()
	if query.Has(wire.ParamRedirectURL) {
		return page
	}
	query.Set(wire.ParamRedirectURL, returnTo)
	u.RawQuery = query.Encode()
	return u.String()
}
