package wire

import (
	"crypto/sha1" //nolint:gosec // the protocol names cookies by SHA-1; nothing is secured by it
	"encoding/base64"
)

// Cookie names (protocol reference 2.1). The names marked suffixed also occur as
// name + "_" + [PublishableKey.Suffix], and the suffixed spelling is the one that
// belongs to this instance alone.
const (
	CookieSession        = "__session"               // session JWT; suffixed; readable by scripts
	CookieClientUAT      = "__client_uat"            // unix seconds of the client's last change, 0 is signed out; suffixed
	CookieClient         = "__client"                // client secret of the Frontend API; HttpOnly
	CookieRefresh        = "__refresh"               // refresh token; only the suffixed name is read
	CookieDevBrowser     = "__clerk_db_jwt"          // development browser id; suffixed
	CookieHandshake      = "__clerk_handshake"       // handshake payload JWT
	CookieHandshakeNonce = "__clerk_handshake_nonce" // handshake payload by reference
	CookieRedirectCount  = "__clerk_redirect_count"  // breaks handshake loops
	CookieHandshakeState = "__usher_handshake"       // random, marks the browser that began a handshake
	CookieActiveContext  = "clerk_active_context"    // "<session id>:<organisation id>", written by the browser
)

// Query parameters with a meaning of their own (protocol reference 2.1).
const (
	ParamDevBrowser       = "__clerk_db_jwt"
	ParamDevSession       = "__dev_session"
	ParamHandshake        = "__clerk_handshake"
	ParamHandshakeNonce   = "__clerk_handshake_nonce"
	ParamHandshakeReason  = "__clerk_hs_reason"
	ParamHandshakeFormat  = "format"
	ParamHandshakeBinding = "__usher_binding" // digest of the browser's cookies, repeated in the result
	ParamHelp             = "__clerk_help"
	ParamSynced           = "__clerk_synced"
	ParamRedirectURL      = "redirect_url"
	ParamTicket           = "__clerk_ticket" // on the page that a ticket's address leads to
	ParamTicketStatus     = "__clerk_status" // beside it: sign_up, sign_in or complete
	ParamSuffixedCookies  = "suffixed_cookies"
	ParamSession          = "__session"
	ParamAPIVersion       = "__clerk_api_version"
	ParamMethod           = "_method"
)

// CookieSuffix derives the cookie suffix of an instance from its publishable key,
// spelled exactly as configured: re-encoding the key signs everybody out
// (protocol reference 2.2).
func CookieSuffix(publishableKey string) string {
	sum := sha1.Sum([]byte(publishableKey)) //nolint:gosec // see the import
	return base64.URLEncoding.EncodeToString(sum[:])[:8]
}
