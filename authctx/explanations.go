package authctx

import "github.com/usherauth/usher/wire"

// noMiddleware explains a context that no Authenticator has seen.
var noMiddleware = words{
	why: "No authentication ran for this request: the handler is not behind the middleware, or its context was replaced on the way.",
	do:  "Add r.Use(auth.Handler) to the router in front of this route, and pass r.Context() on.",
}

// pendingSession explains a session that counts as signed out (protocol reference 5.4).
var pendingSession = words{
	why: "Somebody is there, but the session is pending: a task, such as choosing an organisation, has to be finished before it counts.",
	do:  "Open the sign-in page and finish the task.",
}

// foreignSession explains a session cookie that says nothing here (protocol reference 2.3).
var foreignSession = words{
	why: "The session cookie that the browser sent is another instance's: its issuer is not the one that Config.PublishableKey names, so it says nothing here.",
	do:  "Sign in here. If that repeats, the publishable key and the sign-in page belong to different instances. An instance that is kept in memory is another one after each start.",
}

// reasonWords has an entry for each reason of package wire.
var reasonWords = map[wire.Reason]words{
	"": {
		why: "Nobody is signed in, and no reason was kept.",
		do:  "Make sure that the identity in this context comes from the middleware.",
	},
	wire.ReasonSessionAndUATMissing: {
		why: "The browser sent no session: neither a session cookie nor a token in the Authorization header. Nobody has signed in here, or somebody signed out.",
		do:  "Sign in. If you just did, check that the cookies were set for this very host and scheme: localhost and 127.0.0.1 are different sites, and Secure cookies are not kept over http.",
	},
	wire.ReasonSessionButNoUAT: {
		why: "There is a session cookie, but the cookie that says when sessions last changed (__client_uat) is missing or 0: the browser signed out elsewhere, or only half of the cookies arrived.",
		do:  "Open a page in the browser, which renews the session. If it stays like this, check that nothing on the way drops cookies and that both are set for the same domain.",
	},
	wire.ReasonUATButNoSession: {
		why: "The browser is signed in (__client_uat says so), but its session cookie is missing. It may have been deleted or have expired while the browser was closed.",
		do:  "Open a page in the browser, which fetches a new session token by a redirect. Requests of scripts have to send a token of their own.",
	},
	wire.ReasonSessionBeforeUAT: {
		why: "The session token is older than the last sign-in, sign-out or change of this browser's sessions (__client_uat), so it may speak of somebody else.",
		do:  "Reload the page, which fetches a new token. If it repeats, the issuer's clock and __client_uat disagree.",
	},
	wire.ReasonSessionExpired: {
		why: "The session token has expired, as it does every minute, and it was not renewed.",
		do:  "Reload the page, which renews it. Scripts should ask getToken for a fresh one before each request.",
	},
	wire.ReasonSessionNotActiveYet: {
		why: "The session token is not valid yet: its nbf lies in the future of this machine's clock.",
		do:  "Set this machine's clock (NTP). A difference of up to Config.ClockSkew is tolerated.",
	},
	wire.ReasonSessionIATInFuture: {
		why: "The session token was issued in the future of this machine's clock.",
		do:  "Set this machine's clock (NTP). A difference of up to Config.ClockSkew is tolerated.",
	},
	wire.ReasonSessionTokenMissing: {
		why: "The browser came back from renewing its session and brought none: it is signed out at the instance, or the token it brought could not be verified.",
		do:  "Sign in. If you are signed in at the instance, the log at Warn says what was wrong with the token; often the keys belong to another instance.",
	},
	wire.ReasonDevBrowserMissing: {
		why: "With development keys every browser needs a cookie of the instance (__clerk_db_jwt), and this one has none yet.",
		do:  "Open a page in the browser, which fetches it by a redirect. Tools that send single requests need a token in the Authorization header.",
	},
	wire.ReasonDevBrowserSync: {
		why: "The address carries a development browser (__clerk_db_jwt), which has to be exchanged for cookies of this site first.",
		do:  "Follow the redirect, as browsers do.",
	},
	wire.ReasonCrossOriginSync: {
		why: "The visit began on another site, where the session may have changed, so the browser is asked to renew it before it counts.",
		do:  "Follow the redirect, as browsers do. If it repeats, check Config.PublicOrigin.",
	},
	wire.ReasonSatelliteNeedsSyncing: {
		why: "This app is a satellite and does not know yet who is signed in on the primary domain.",
		do:  "Follow the redirect to the primary domain. If it does not come back, list this app's origin in AllowedRedirectOrigins there.",
	},
	wire.ReasonPrimaryRespondsSyncing: {
		why: "A satellite of this app asked who is signed in, and its browser is on the way back there with the answer.",
		do:  "Follow the redirect, as browsers do.",
	},
	wire.ReasonActiveOrgMismatch: {
		why: "The address belongs to another organisation than the one that is active in the session.",
		do:  "Follow the redirect, which changes the active organisation. If it repeats, you are not a member of that organisation, or OrganizationPatterns matches too much.",
	},
	wire.ReasonTokenInvalid: {
		why: "What was sent as a session token is not one: it is not three base64url parts of a signed JWT.",
		do:  "Send the token as it was issued: no quotes, no line breaks, after \"Bearer \" in the Authorization header. Look for proxies that cut long headers.",
	},
	wire.ReasonTokenInvalidAlgorithm: {
		why: "The token is signed with an algorithm that session tokens do not use. RS256, RS384 and RS512 are accepted, as the key allows.",
		do:  "Send the instance's own session token, and not one of another service or a JWT template with a custom signing key.",
	},
	wire.ReasonTokenInvalidSignature: {
		why: "The token's signature does not match: it was changed, or signed with another key than the one it names.",
		do:  "Check that the token comes from the instance whose keys are configured, and that Config.JWTKey is that instance's current key.",
	},
	wire.ReasonTokenInvalidParties: {
		why: "The token was made for another origin (its azp) than those that Config.AuthorizedParties lists.",
		do:  "List every origin people sign in on, exactly as the address bar shows it: scheme, host and port, without a final slash.",
	},
	wire.ReasonTokenInvalidIssuer: {
		why: "The token was issued by another instance than the one that Config.PublishableKey names.",
		do:  "Clear this site's cookies and sign in again. If it repeats, the publishable key and the sign-in page belong to different instances.",
	},
	wire.ReasonTokenExpired: {
		why: "The token has expired. Session tokens live for one minute.",
		do:  "Ask getToken for a fresh token before each request.",
	},
	wire.ReasonTokenNotActiveYet: {
		why: "The token is not valid yet: its nbf lies in the future of this machine's clock.",
		do:  "Set this machine's clock (NTP). A difference of up to Config.ClockSkew is tolerated.",
	},
	wire.ReasonTokenIATInFuture: {
		why: "The token was issued in the future of this machine's clock.",
		do:  "Set this machine's clock (NTP). A difference of up to Config.ClockSkew is tolerated.",
	},
	wire.ReasonTokenVerificationFailed: {
		why: "The signature holds, but a claim that every session token has is missing or of the wrong kind, or aud is not among Config.Audience.",
		do:  "Send a session token rather than one from a JWT template. If Config.Audience is set, the token must carry aud.",
	},
	wire.ReasonTokenTypeMismatch: {
		why: "The token is of another kind than this route accepts: a machine token or an access token, say, where a session token is expected.",
		do:  "Send a token of the expected kind.",
	},
	wire.ReasonJWKKidMismatch: {
		why: "The token names a key that the instance does not publish: it comes from another instance, or from before its keys were replaced.",
		do:  "Clear this site's cookies and sign in again. If it repeats, the secret key and the publishable key belong to different instances.",
	},
	wire.ReasonJWKRemoteFailedToLoad: {
		why: "The instance's keys could not be fetched, so nobody's token can be checked. You may well be signed in.",
		do:  "Check that this machine reaches Config.APIURL; the log at Warn has the error. Config.JWTKey does without the network.",
	},
	wire.ReasonJWKFailedToResolve: {
		why: "The key that verifies tokens could not be read from the configuration.",
		do:  "Set Config.JWTKey to the instance's public key in PEM form, or leave it empty and set SecretKey.",
	},
	wire.ReasonSecretKeyInvalid: {
		why: "The instance does not accept the secret key, so its keys could not be fetched and nobody's token can be checked.",
		do:  "Copy the secret key of this instance again from its dashboard. It may have been replaced.",
	},
	wire.ReasonUnexpected: {
		why: "Something went wrong while the request was checked, so nobody can be signed in.",
		do:  "Look into the log, where the error is, and try again.",
	},
	wire.ReasonNoTokenInHeader: {
		why: "This route reads the Authorization header alone, and there is no token in it.",
		do:  "Send \"Authorization: Bearer\" and the token.",
	},
}

// refreshWords continue "The session token has expired, as it does every minute, and …".
var refreshWords = map[string]words{
	"non-eligible-no-refresh-cookie": {
		why: "the browser has no refresh cookie to renew it with from here.",
		do:  "Open or reload a page in the browser, which renews it by a redirect. Scripts should ask getToken for a fresh one before each request.",
	},
	"non-eligible-non-get": {
		why: "a request that can change something is renewed on the way only if the browser says that a page of this origin sent it, and if the renewed session is of the same user and organization.",
		do:  "Reload the page and send it again. Scripts on other origins should ask getToken for a fresh token before each request.",
	},
	"missing-api-client": {
		why: "without a secret key this app cannot ask for a new one.",
		do:  "Set Config.SecretKey, or let the browser renew it by opening a page.",
	},
	"missing-session-token": {
		why: "there was no token to renew.",
		do:  "Sign in again.",
	},
	"missing-refresh-token": {
		why: "the refresh cookie was empty.",
		do:  "Reload the page, so that the browser renews the session; if that fails too, sign in again.",
	},
	"expired-session-token-decode-failed": {
		why: "it could not be read to renew it.",
		do:  "Clear this site's cookies and sign in again.",
	},
	"expired-session-token-missing-sid-claim": {
		why: "it does not say which session it belongs to (sid), so it cannot be renewed.",
		do:  "Use the session token itself rather than one from a JWT template.",
	},
	"invalid-session-token": {
		why: "the token that came in its place could not be verified.",
		do:  "Check that the secret key and the publishable key belong to the same instance, and this machine's clock.",
	},
	"fetch-error": {
		why: "the Backend API could not be reached to renew it.",
		do:  "Check that this machine reaches Config.APIURL; the log at Warn has the error.",
	},
	"unexpected-sdk-error": {
		why: "something went wrong while it was renewed.",
		do:  "Look into the log, where the error is, and reload the page.",
	},
	"unexpected-bapi-error": {
		why: "the Backend API refused to renew it without saying why.",
		do:  "Reload the page; if it repeats, check the secret key and the service's status.",
	},
	"refresh_token_not_found": {
		why: "the service does not know the refresh cookie: it was used up, or the session has ended.",
		do:  "Sign in again.",
	},
	"session_refresh_inactive_session": {
		why: "its session has ended: signed out elsewhere, revoked, or too old.",
		do:  "Sign in again.",
	},
	"session_refresh_session_token_ineligible": {
		why: "it is too old to be renewed from here.",
		do:  "Reload the page, so that the browser renews the session by a redirect.",
	},
	"refresh_request_origin_azp_mismatch": {
		why: "it was made for another origin than the one this app runs on.",
		do:  "Set Config.PublicOrigin to the address that people type, and sign in there.",
	},
}
