// Package authctx decides who sends a request and tells handlers and templates.
//
// [New] checks a [Config] once. [Authenticator.Handler] is the middleware: it verifies
// the session token of each request, from the Authorization header or the session
// cookie, and attaches an [*Auth] to the request's context. It rejects nobody; that is
// what guards such as [Require] are for. [FromContext] reads the Auth, and
// [BuildAuthProps] turns it into what the browser needs to know at first paint.
//
// # Which credential counts
//
// One rule on every path: if the Authorization header carries a token, it alone decides
// and cookies are not looked at, however bad the token is. Otherwise the session cookie
// decides. The instance's own suffixed cookies win over the plain ones whenever any of
// them is present, and a bad suffixed cookie never falls back to a plain one, so a
// cookie tossed from a sibling subdomain changes nobody's identity. Of cookies with the
// same name the first one counts.
//
// # Machine tokens
//
// API keys, machine to machine tokens and OAuth access tokens count in the header only, and
// only where Config.AcceptsToken names them. They sign nobody in: [Auth.SignedIn] stays
// false, guards turn them away unless they say [Accept], and [Auth.Machine] tells whose
// they are. The Backend API's word about a token is believed for a minute, and whoever
// sends made-up ones shares a small allowance of calls; beyond it the answer is 503.
//
// # Cannot tell is not signed out
//
// When the keys cannot be fetched nobody is signed in, but [Auth.Reason] says so and the
// guards answer 503 instead of sending people to a sign-in page that cannot help.
//
// # Guards
//
// [Require] answers whom it turns away as the request can understand it: browsers are led
// to the sign-in page, programs get a status and the error envelope, and so on for each
// [Kind]. [RequirePage] and [RequireAPI] fix the kind; Config.Deny gives the app the word.
// [ProtectByDefault] closes every route that nobody marked, and [Public] marks one as open.
// [KeepForms] saves forms whose session expired while somebody filled them in.
//
// # Caching
//
// A response for which identity was read, or that sets a cookie, leaves as
// "Cache-Control: private, no-store" with "Vary: Cookie, Authorization", whatever the
// handler wrote. A response that never looked keeps its own headers.
//
// Browser libraries keep copies that no header reaches: Turbo shows pages from its memory
// on Back. AuthProps of package views, in the head, keeps pages for signed-in people out of
// it; without that, put <meta name="turbo-cache-control" content="no-cache"> into them.
package authctx
