package wire

// Reason says why a request is not signed in, in the reference's vocabulary
// (protocol reference 3.4 and 4.2). The empty Reason means signed in.
type Reason string

// Reasons a token is refused (protocol reference 3.4, 3.5).
const (
	ReasonTokenInvalid            Reason = "token-invalid"
	ReasonTokenInvalidAlgorithm   Reason = "token-invalid-algorithm"
	ReasonTokenInvalidSignature   Reason = "token-invalid-signature"
	ReasonTokenInvalidParties     Reason = "token-invalid-authorized-parties"
	ReasonTokenInvalidIssuer      Reason = "token-invalid-issuer"
	ReasonTokenExpired            Reason = "token-expired"
	ReasonTokenNotActiveYet       Reason = "token-not-active-yet"
	ReasonTokenIATInFuture        Reason = "token-iat-in-the-future"
	ReasonTokenVerificationFailed Reason = "token-verification-failed"
	ReasonTokenTypeMismatch       Reason = "token-type-mismatch"
	ReasonJWKKidMismatch          Reason = "jwk-kid-mismatch"
	ReasonJWKRemoteFailedToLoad   Reason = "jwk-remote-failed-to-load"
	ReasonJWKFailedToResolve      Reason = "jwk-failed-to-resolve"
	ReasonSecretKeyInvalid        Reason = "secret-key-invalid"
)

// Reasons a request is signed out or sent to a handshake (protocol reference 4.2).
const (
	ReasonSessionAndUATMissing   Reason = "session-token-and-uat-missing"
	ReasonSessionButNoUAT        Reason = "session-token-but-no-client-uat"
	ReasonUATButNoSession        Reason = "client-uat-but-no-session-token"
	ReasonSessionBeforeUAT       Reason = "session-token-iat-before-client-uat"
	ReasonSessionExpired         Reason = "session-token-expired"
	ReasonSessionNotActiveYet    Reason = "session-token-nbf"
	ReasonSessionIATInFuture     Reason = "session-token-iat-in-the-future"
	ReasonSessionTokenMissing    Reason = "session-token-missing"
	ReasonDevBrowserMissing      Reason = "dev-browser-missing"
	ReasonDevBrowserSync         Reason = "dev-browser-sync"
	ReasonCrossOriginSync        Reason = "primary-domain-cross-origin-sync"
	ReasonSatelliteNeedsSyncing  Reason = "satellite-needs-syncing"
	ReasonPrimaryRespondsSyncing Reason = "primary-responds-to-syncing"
	ReasonActiveOrgMismatch      Reason = "active-organization-mismatch"
	ReasonUnexpected             Reason = "unexpected-error"
	ReasonNoTokenInHeader        Reason = "No token in header"
)

// Statuses of an authenticated request (protocol reference 4.2).
const (
	StatusSignedIn  = "signed-in"
	StatusSignedOut = "signed-out"
	StatusHandshake = "handshake"
)
