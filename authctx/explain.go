package authctx

import (
	"context"
	"strings"

	"github.com/usherauth/usher/wire"
)

// Explanation answers "why am I signed out?" in words. It is meant for developers, on
// pages and in logs of development: it says more than strangers need to know.
type Explanation struct {
	// Record says how the request was decided. Status and Reason are always set behind
	// [Authenticator.Handler]; the rest only when Observed.
	Record Record
	// Observed says that the whole record was kept: with Config.Development, or a
	// logger at Debug.
	Observed bool
	// Why says in a sentence or two what was found.
	Why string
	// Do says what to do about it; "" when all is well.
	Do string
}

// Explain says how the request of ctx was decided and what can be done about it. ctx may
// be nil or have nothing to do with a request; then the answer is that no middleware was
// there. Like [FromContext] it marks the response as private.
func Explain(ctx context.Context) Explanation {
	if ctx == nil || ownerOf(ctx) == nil {
		w := noMiddleware
		return Explanation{Record: Record{Source: "none", Status: wire.StatusSignedOut}, Why: w.why, Do: w.do}
	}
	req, auth := fromContext(ctx), FromContext(ctx)
	e := Explanation{Observed: req.record() != nil}
	switch {
	case e.Observed:
		e.Record = *req.record()
	case auth.TokenType() != "" || auth.Status() == wire.SessionPending:
		e.Record = Record{Status: wire.StatusSignedIn}
	default:
		e.Record = Record{Status: wire.StatusSignedOut, Reason: auth.Reason()}
	}
	w := explained(auth)
	if e.Record.Reason == wire.ReasonSessionAndUATMissing && strings.HasSuffix(e.Record.Source, "cookie") {
		w = foreignSession
	}
	e.Why, e.Do = w.why, w.do
	if req.guard.state.Load()&readTooLate != 0 {
		e.Do = strings.TrimSpace(e.Do + " " + lateRead)
	}
	return e
}

// words explain one outcome.
type words struct{ why, do string }

func explained(auth *Auth) words {
	switch {
	case auth.SignedIn():
		return words{why: "You are signed in: the session token was verified and nothing in the request contradicts it."}
	case auth.TokenType() != "":
		return words{
			why: "A machine token (" + string(auth.TokenType()) + ") was verified. It is no session, so no person counts as signed in.",
			do:  "Where it should be enough, say so with Accept in the guard.",
		}
	case auth.Status() == wire.SessionPending:
		return pendingSession
	}
	return explainReason(auth.Reason())
}

// refreshReason begins the reasons of expired tokens that could not be refreshed; how
// that failed is the rest (protocol reference 4.7).
const refreshReason = wire.ReasonSessionExpired + "-refresh-"

func explainReason(reason wire.Reason) words {
	if w, ok := reasonWords[reason]; ok {
		return w
	}
	tail, ok := strings.CutPrefix(string(reason), string(refreshReason))
	if !ok {
		return words{
			why: "The request was refused for a reason without an explanation here: " + printable(string(reason)) + ".",
			do:  "Look the reason up in the log at Debug, where the detail is.",
		}
	}
	w, ok := refreshWords[tail]
	if !ok { // the service's own code
		w = words{
			why: "the service refused to renew it with the code " + printable(tail) + ".",
			do:  "Reload the page, so that the browser renews the session; if that fails too, sign in again.",
		}
	}
	return words{why: "The session token has expired, as it does every minute, and " + w.why, do: w.do}
}
