package pages

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

// apiFailure is the error envelope with the one-line error of the seed's example beside
// it, so that clients written for either understand it.
type apiFailure struct {
	Error string `json:"error"`
	wire.Errors
}

// apiError answers 401 when nobody is signed in, 404 when the signed-in user no longer
// exists, and 503 when that could not be found out. Details go to the log only.
func (p *Pages) apiError(w http.ResponseWriter, r *http.Request, err error) {
	id := requestID(w)
	status, message := http.StatusServiceUnavailable, "The user cannot be loaded right now. Try again in a moment."
	switch signedOut := errors.Is(err, authctx.ErrSignedOut); {
	case signedOut && authctx.FromContext(r.Context()).Unknown():
		message = "We can't verify your sign-in right now. Try again in a moment."
	case signedOut:
		status, message = http.StatusUnauthorized, "Sign in to continue."
		w.Header().Set("WWW-Authenticate", challenge(r)) // RFC 6750 §3
	case errors.Is(err, userclient.ErrNotFound):
		status, message = http.StatusNotFound, "The user no longer exists."
	}
	if status == http.StatusServiceUnavailable {
		p.log.WarnContext(r.Context(), "api cannot answer", "request_id", id, "err", err)
		w.Header().Set("Retry-After", retryAfter(err))
	}
	w.Header().Set(wire.HeaderTraceID, id)
	web.WriteJSON(w, status, apiFailure{
		Error: http.StatusText(status),
		Errors: wire.Errors{
			Errors:  []wire.Error{{Code: errorCode[status], Message: message, LongMessage: message}},
			TraceID: id,
		},
	})
}

func challenge(r *http.Request) string {
	if r.Header.Get("Authorization") != "" {
		return `Bearer error="invalid_token"`
	}
	return "Bearer"
}

// retryAfter passes on how long the Backend API wants to be left alone, in whole
// seconds; 10 when it did not say, as the guards do.
func retryAfter(err error) string {
	var refused *userclient.APIError
	if errors.As(err, &refused) && refused.RetryAfter > 0 {
		return strconv.Itoa(int(math.Ceil(refused.RetryAfter.Seconds())))
	}
	return strconv.Itoa(int((10 * time.Second).Seconds()))
}
