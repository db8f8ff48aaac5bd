// Package handlers holds pages and endpoints to mount in an app: sign-in, sign-up,
// sign-out, profile and organizations as plain forms that need no script, the Frontend API
// on the app's own origin for those that have one, and webhooks.
//
// They speak the Frontend API through HTTP messages only, so they work the same with a
// hosted instance and with an embedded one. All of them belong behind
// [authctx.Authenticator.Handler], but FrontendAPI and webhooks, which do not look at
// identity.
//
// With the embedded instance, and with a hosted one whose proxy URL is this app's, all of
// them work. With a hosted one on its own pages set Config.NoProxy and mount SignOut alone.
//
// Each form refuses posts from other sites by itself. A post that says nothing about where
// it comes from (neither Sec-Fetch-Site nor Origin) is let pass: no browser in use omits
// both on a post, cookies are SameSite=Lax besides, and command-line clients and old
// assistive software keep working.
package handlers
