// Package views holds templ components for pages that know who is signed in.
//
// No component takes the identity as an argument: each asks [authctx.FromContext] when it
// is rendered, so it shows what the middleware decided for this request and nothing else.
// What a person may not see is not rendered at all, rather than hidden.
//
//   - [SignedIn], [SignedOut], [Show] and [Protect] choose between their children and a
//     [Fallback].
//   - [AuthProps] and [Scripts] hand the browser its first auth state; both belong in the
//     head of a page.
//   - [SignIn], [SignUp], [SignOut], [UserProfile], [UserOrganizations] and [UserMenu] are
//     forms and menus that need no script. They come without headings of their own and
//     without styles: class names begin with "usher-".
//
// Components do no I/O and keep no state. They contain no inline script, no event
// attribute and no style attribute, so they work under a Content-Security-Policy of
// script-src 'nonce-…' 'strict-dynamic' and style-src 'self'; the nonce is templ's own,
// set with [templ.WithNonce].
package views

//go:generate go tool -modfile=../tools/go.mod templ generate -include-version=false -path .
