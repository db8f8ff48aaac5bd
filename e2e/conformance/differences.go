package conformance

import (
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// difference is a deliberate one. Its rewrite makes of a question the one to which the
// reference gives our answer, so that what we answer is checked as strictly as anything
// else; where no such question exists, answer changes what the reference says. applies
// narrows it down by what both sides said.
type difference struct {
	id      string // row of the security reference, or section of the protocol reference
	name    string
	reason  string
	applies func(q *question, theirs, ours *outcome) bool // nil is always
	rewrite func(ring *keyring, q *question) bool         // reports that it found something to rewrite
	answer  func(q *question, theirs *outcome)
}

const (
	wireSession   = wire.CookieSession
	wireHandshake = wire.CookieHandshake
	wireNonce     = wire.CookieHandshakeNonce
)

// differences are tried in this order, each once per question.
var differences = []difference{
	{
		id: "J29", name: "Origin of a satellite's request",
		reason: "the reference throws when a request to a satellite names the sign-in page's origin; that is the browser's to say",
		applies: func(_ *question, theirs, _ *outcome) bool {
			return strings.Contains(theirs.Threw, "signInUrl needs to be on a different origin")
		},
		rewrite: func(_ *keyring, q *question) bool { return q.dropHeaders("Origin") },
	},
	{
		id: "M11", name: "ages that are no whole minutes",
		reason:  "how long ago a factor was verified is a whole number of minutes, up to some thousand years; anything else is no age, and checks that need one fail",
		applies: func(_ *question, theirs, _ *outcome) bool { return slices.ContainsFunc(theirs.Auth.FactorAges, oddAge) },
		answer: func(q *question, o *outcome) {
			if slices.ContainsFunc(o.Auth.FactorAges, oddAge) {
				o.Auth.FactorAges = nil
				q.deny(o, func(c check) bool { return c.Reverification != nil })
			}
		},
	},
	{
		id: "C04", name: "two values are none",
		reason:  "of two different values of one name a neighbor set one: both are dropped, the browser is sent to the handshake, and what a neighbor could have set is deleted; of two redirect counters the higher one counts. The reference takes one of them",
		rewrite: onlyUnclashed,
	},
	{
		id: "C04", name: "own cookies win",
		reason:  "the reference compares the times of tokens that nobody has verified, so that a tossed plain cookie can replace the instance's own; here the instance's own names win whenever one is there",
		rewrite: onlyOwnCookies,
	},
	{
		id: "R07", name: "no forwarded host",
		reason: "X-Forwarded-Host, -Proto and Host come from anybody; addresses are built from the configured origin (protocol reference 10, trap 7)",
		rewrite: func(_ *keyring, q *question) bool {
			return q.dropHeaders("X-Forwarded-Host", "X-Forwarded-Proto", "Host")
		},
	},
	{
		id: "C18", name: "redirect counter",
		reason:  "three redirects or more end, not exactly three; a negative count ends, what is not a whole number counts as none (protocol reference 10, trap 5)",
		rewrite: plainCounter,
	},
	{
		id: "C18", name: "odd client_uat",
		reason:  "what is not a whole number counts as absent, where parseInt reads its first digits",
		rewrite: plainUAT,
	},
	{
		id: "F12", name: "handshake by link",
		reason: "production instances bring the result of a handshake in a cookie; one in the address would let a link sign somebody in",
		applies: func(q *question, _, _ *outcome) bool {
			return strings.HasPrefix(q.options.PublishableKey, "pk_live_")
		},
		rewrite: func(_ *keyring, q *question) bool { return q.hide(wireHandshake, wireNonce) },
	},
	{
		id: "4.7", name: "renewal of what own pages send",
		reason: "a request of the app's own page, as the browser says, is renewed from server to server whatever its method, so that nothing typed is lost; the reference renews GET alone",
		applies: func(_ *question, theirs, ours *outcome) bool {
			return strings.HasSuffix(theirs.Reason, "non-eligible-non-get") && theirs.Reason != ours.Reason
		},
		rewrite: asOwnGet,
	},
	{
		id: "R08", name: "no redirect without a way back",
		reason: "the handshake refuses addresses that browsers could read in two ways and very long ones, and leads back to no page of its own: no redirect is begun there, and a valid token stays believed",
		applies: func(q *question, theirs, ours *outcome) bool {
			_, ok := web.SafeReturn(q.origin+q.target, q.origin, nil)
			return theirs.Status == wire.StatusHandshake && ours.Status != wire.StatusHandshake && (!ok || authPage(q))
		},
		rewrite: threeRedirects,
	},
	{
		id: "C19", name: "navigations of service workers",
		reason:  "a navigation that a service worker passes on has an empty destination; its mode says what it is",
		rewrite: plainNavigation,
	},
	{
		id: "F12", name: "results that this browser did not ask for",
		reason: "an app on another host than its Frontend API gets the result of a handshake in the address; a browser that did not begin the handshake begins its own",
		applies: func(q *question, theirs, ours *outcome) bool {
			return q.elsewhere() && ours.Status == wire.StatusHandshake && ours.Reason == string(wire.ReasonUATButNoSession) && theirs.Status == wire.StatusSignedOut
		},
		rewrite: unasked,
	},
	{
		id: "V04", name: "results are not carried on",
		reason: "the way back of a handshake holds no result of an earlier one",
		applies: func(q *question, theirs, _ *outcome) bool {
			return q.elsewhere() && results.MatchString(theirs.Location.Back)
		},
		answer: cleanBack,
	},
	{
		id: "D2", name: "back from signing in on another host",
		reason: "cookies are not shared with the sign-in page there, so the app asks for them on the way back, as satellites do",
		applies: func(q *question, _, ours *outcome) bool {
			return q.elsewhere() && strings.Contains(ours.SignIn.Back+ours.SignUp.Back, "__clerk_synced=false")
		},
		answer: askSync,
	},
	{
		id: "J15", name: "payloads of another time or app",
		reason:  "what a handshake's payload says in exp, iat and aud is checked",
		rewrite: refuseOldPayloads,
	},
	{
		id: "R01", name: "return to listed origins only",
		reason:  "the development browser is handed to origins that are configured, not to whatever address is asked for",
		rewrite: hideUnlistedReturn,
	},
	{
		id: "J26", name: "known cookies only",
		reason:  "a handshake or a refresh may set the session's own cookies and nothing else (protocol reference 10, trap 9)",
		rewrite: knownDirectives,
	},
	{
		id: "J11", name: "a token that is not strictly a token",
		reason:  "one token has one spelling: canonical base64url (J08), no name twice (J09), UTF-8, strings where strings belong (J01, J04), bounded depth (J12) and size (J13), no crit (J05)",
		rewrite: refuseSloppyTokens,
	},
	{
		id: "K05", name: "keys that nobody should use",
		reason:  "a key for something else (K05), of another type or strength (K04), without a kid or sharing one is not there; the reference imports what it finds, and fails with an exception where it cannot",
		applies: func(q *question, _, _ *outcome) bool { return q.options.JWTKey == "" && !q.usualKeys() },
		rewrite: goodKeys,
	},
	{
		id: "J01", name: "cheap checks before keys",
		reason: "what is wrong whatever the key is decided before a key is looked for",
		applies: func(_ *question, theirs, ours *outcome) bool {
			early := slices.Contains([]wire.Reason{wire.ReasonTokenInvalid, wire.ReasonTokenInvalidAlgorithm}, wire.Reason(ours.Reason))
			return early && (strings.HasPrefix(theirs.Reason, "jwk-") || theirs.Reason == string(wire.ReasonUnexpected) || theirs.Reason == string(wire.ReasonSecretKeyInvalid))
		},
		rewrite: knownKey,
	},
	{
		id: "J30", name: "a header decides alone",
		reason: "the token that is sent along to be renewed is the one that was refused; the reference sends the cookie's even if the header decided",
		applies: func(_ *question, theirs, ours *outcome) bool {
			return theirs.Reason == ours.Reason || strings.Contains(ours.Reason, "-refresh-") || strings.Contains(theirs.Reason, "-refresh-")
		},
		rewrite: onlyHeader,
	},
	{
		id: "K03", name: "no set of keys",
		reason:  "what is not 200, not JSON or holds no key is an outage; the reference takes it for a set, or fails with an exception",
		applies: func(q *question, _, _ *outcome) bool { return q.options.JWTKey == "" && !q.usualKeys() },
		rewrite: noKeySet,
	},
	{
		id: "J03", name: "algorithm bound to the key",
		reason:  "the algorithm of the key decides; another one is token-invalid-algorithm before any signature is checked",
		rewrite: refuseOtherAlgorithms,
	},
	{
		id: "J20", name: "sub and sid",
		reason:  "both must be strings that are not empty and hold no control characters",
		rewrite: refuseOddSubjects,
	},
	{
		id: "J16", name: "absurd dates",
		reason:  "dates after the year 9999 are mistakes, or attempts to overflow; what is no number is refused before any date is compared",
		rewrite: refuseAbsurdDates,
	},
	{
		id: "J23", name: "aud missing",
		reason:  "with audiences configured a token must name one, in a string or an array of strings; the reference lets a token pass that has none, or something else",
		applies: func(q *question, _, _ *outcome) bool { return len(q.options.Audience) > 0 },
		rewrite: refuseOddAudiences,
	},
	{
		id: "3.3", name: "features without scope",
		reason:  "a token whose features cannot be read is refused; the reference fails with an exception",
		rewrite: refuseOddFeatures,
	},
	{
		id: "3.3", name: "claims of the wrong type",
		reason:  "an actor that is no object, an organisation without an id or with permissions that are not strings: a token that cannot be read is refused, where the reference hands out what it finds",
		rewrite: refuseOddShapes,
	},
	{
		id: "3.3", name: "organisation without id",
		reason: "without the id of an organisation there is no role in it, no slug and no permission",
		applies: func(_ *question, theirs, _ *outcome) bool {
			return theirs.Auth.OrgID == "" && (theirs.Auth.OrgRole != "" || theirs.Auth.OrgSlug != "" || len(theirs.Auth.OrgPermissions) > 0)
		},
		answer: func(q *question, o *outcome) {
			if o.Auth.OrgID == "" {
				o.Auth.OrgRole, o.Auth.OrgSlug, o.Auth.OrgPermissions = "", "", nil
				q.deny(o, func(c check) bool { return c.Role != nil || c.Permission != nil })
			}
		},
	},
	{
		id: "3.3", name: "organisation without id, asked for by the address",
		reason:  "it is not the one that is active, whatever slug it has",
		applies: func(_ *question, _, ours *outcome) bool { return ours.Reason == string(wire.ReasonActiveOrgMismatch) },
		rewrite: dropSlugs,
	},
	{
		id: "J25", name: "other kinds of tokens in a handshake",
		reason:  "the check that a token is a session token is made wherever one comes from, also when a handshake or a refresh brings it",
		rewrite: refuseOtherKinds,
	},
	{
		id: "J19", name: "iat missing",
		reason:  "a token that does not say when it was issued is older than any __client_uat; in the reference it is younger",
		applies: func(_ *question, _, ours *outcome) bool { return ours.Reason == string(wire.ReasonSessionBeforeUAT) },
		rewrite: ageless,
	},
	{
		id: "C20", name: "account portals of others",
		reason: "in development the reference knows every account portal; here only the instance's own counts",
		applies: func(q *question, _, ours *outcome) bool {
			return !q.key().Live() && ours.Reason == string(wire.ReasonCrossOriginSync)
		},
		rewrite: otherPortals,
	},
	{
		id: "C20", name: "own host with a port",
		reason:  "a Frontend API on a port of its own is as known as one without; the reference compares it with a name that never has a port",
		rewrite: ownPortWithScheme,
	},
	{
		id: "J27", name: "signature before claims",
		reason: "the age of a token is compared with __client_uat once its signature holds, so that a forged one learns nothing and is not sent along",
		applies: func(_ *question, theirs, ours *outcome) bool {
			return theirs.Reason == string(wire.ReasonSessionBeforeUAT) && ours.Status == wire.StatusSignedOut && tokenReason(ours.Reason)
		},
		rewrite: oldUAT,
	},
	{
		id: "C12", name: "no long tokens in addresses",
		reason: "a rejected token longer than a cookie can be is not repeated in the address of a handshake",
		applies: func(_ *question, theirs, _ *outcome) bool {
			return slices.ContainsFunc(theirs.Location.Query, longToken)
		},
		answer: func(_ *question, o *outcome) {
			o.Location.Query = slices.DeleteFunc(o.Location.Query, longToken)
		},
	},
	{
		id: "C18", name: "nothing in the address to clean",
		reason: "a development browser is redirected to take the payload out of the address; if it came in a cookie there is nothing to take out, and the reference redirects to the same address for ever",
		applies: func(q *question, theirs, _ *outcome) bool {
			return !q.key().Live() && theirs.Status != wire.StatusHandshake && theirs.Location.Base != "" && q.param(wireHandshake) == "" && q.param(wireNonce) == ""
		},
		answer: func(_ *question, o *outcome) {
			if o.Status != wire.StatusHandshake {
				o.Location, o.NoStore = address{}, false
			}
		},
	},
	{
		id: "L03", name: "answers that bring no lines",
		reason:  "to a nonce or a refresh, what is not 200 or not a list of texts is no answer; the reference takes a text apart into letters, or fails with an exception",
		rewrite: noLines,
	},
	{
		id: "K03", name: "keys out of reach",
		reason: "an outage has a reason of its own, for which a page answers 503",
		applies: func(q *question, theirs, ours *outcome) bool {
			return !q.usualKeys() && theirs.Reason == string(wire.ReasonUnexpected) && ours.Reason == string(wire.ReasonJWKRemoteFailedToLoad)
		},
		answer: func(_ *question, o *outcome) {
			if o.Reason == string(wire.ReasonUnexpected) {
				o.Reason, o.HeaderReason = string(wire.ReasonJWKRemoteFailedToLoad), string(wire.ReasonJWKRemoteFailedToLoad)
			}
		},
	},
	{
		id: "J13", name: "what no opaque token holds",
		reason:  "garbage and overlong values are refused without a call to the Backend API",
		rewrite: refuseGarbage,
	},
	{
		id: "K03", name: "handshake that cannot be resolved, in the address",
		reason:  "the reference throws (4.9, 44) or signs out; here the parameter is taken out of the address, and the attempt counted",
		applies: brokenHandshakeInAddress,
		answer:  strippedHandshake,
	},
	{
		id: "K03", name: "handshake that cannot be resolved",
		reason:  "the request goes on with the cookies it has; the reference signs out (nonce) or throws (development)",
		applies: brokenHandshake,
		rewrite: func(_ *keyring, q *question) bool {
			hidden := q.hide(wireHandshake, wireNonce)
			return q.dropCookies(wireHandshake, wireNonce) || hidden
		},
	},
	{
		id: "4.4", name: "a list of one kind",
		reason:  "Config.AcceptsToken is always a list; one kind is one kind, and a request without a token is told so",
		rewrite: singleKind,
	},
	{
		id: "J21", name: "issuer of machine tokens",
		reason:  "the issuer is compared for every JWT, not only for sessions",
		rewrite: refuseForeignMachines,
	},
	{
		id: "J24", name: "other kinds of tokens as access tokens",
		reason:  "an OAuth token with the category of a session, a template or a machine is of that kind; the reference looks at typ alone",
		rewrite: refuseOtherCategories,
	},
	{
		id: "M06", name: "names that are none",
		reason:  "no feature and no plan has an empty name, or one with a colon; the reference looks for the scope in place of the first, and for the beginning of the second",
		rewrite: plainNames,
	},
	{
		id: "M06", name: "machine claims of the wrong type",
		reason:  "what a token is for must be readable: ids are strings, scopes strings or lists of strings; the reference hands out what it finds, or fails with an exception",
		rewrite: refuseOddMachines,
	},
	{
		id: "5.5", name: "empty scopes",
		reason: "nothing between two spaces is no scope",
		applies: func(_ *question, theirs, _ *outcome) bool {
			return slices.Contains(theirs.Machine.Scopes, "")
		},
		answer: func(_ *question, o *outcome) {
			o.Machine.Scopes = slices.DeleteFunc(o.Machine.Scopes, func(s string) bool { return s == "" })
		},
	},
	{
		id: "L03", name: "JSON with parameters",
		reason:  "application/json is JSON whatever parameter follows; the reference then takes the text itself for the answer",
		rewrite: plainType,
	},
	{
		id: "L03", name: "refusals without an envelope",
		reason:  "401 and 404 mean the same whatever their body holds; the reference has no answer where it cannot read it",
		rewrite: statusAlone,
	},
	{
		id: "L03", name: "what an answer calls itself",
		reason:  "what was asked decides how the answer is read; the reference reads it by its object member",
		rewrite: named,
	},
	{
		id: "L03", name: "answers that describe no token",
		reason:  "a success that is not one JSON object, holds a name twice, is too long or names no token and no subject is no answer; the reference is then signed in without an identity, or fails with an exception",
		rewrite: unreadable,
	},
	{
		id: "C10", name: "revoked and expired machine tokens",
		reason:  "what the service says of a token is believed (protocol reference 10, trap 27); the reference only looks whether it was found",
		rewrite: refuseFlagged,
	},
	{
		id: "K03", name: "keys out of reach of machine tokens",
		reason:  "that the keys cannot be had is not the token's fault, and a page answers 503",
		applies: brokenKeys,
		answer: func(q *question, o *outcome) {
			reason := string(wire.ReasonJWKRemoteFailedToLoad)
			if q.backend["jwks"].Status == http.StatusUnauthorized {
				reason = string(wire.ReasonSecretKeyInvalid)
			}
			if o.Reason == string(wire.ReasonTokenVerificationFailed) {
				o.Reason, o.HeaderReason = reason, reason
			}
		},
	},
}

func longToken(word string) bool {
	return strings.HasPrefix(word, "__session=") && len(word) > len("__session=")+4096
}

func tokenReason(reason string) bool {
	return strings.HasPrefix(reason, "token-") || strings.HasPrefix(reason, "jwk-") || strings.HasPrefix(reason, "secret-key-")
}

func oddAge(age float64) bool { return age != math.Trunc(age) || age > math.MaxInt32 }
