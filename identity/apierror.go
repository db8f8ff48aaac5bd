package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/usherauth/usher/wire"
)

// apiError is an answer that is an error envelope. Everything in it is public.
type apiError struct {
	status     int
	errs       []wire.Error
	retryAfter time.Duration
	signedOut  bool        // the browser's cookies say more than the store does: clear them
	event      *AuditEvent // what is written down although nothing was done; nil for nothing
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.status, e.errs[0].Code) }

// refuse is an error with one entry.
func refuse(status int, code, message string) *apiError {
	return &apiError{status: status, errs: []wire.Error{{Code: code, Message: message}}}
}

// invalid is a 422 about one parameter.
func invalid(param, code, message string) *apiError {
	e := refuse(http.StatusUnprocessableEntity, code, message)
	e.errs[0].Meta = &wire.ErrorMeta{ParamName: param}
	return e
}

func missingParam(param string) *apiError {
	return invalid(param, wire.CodeParamMissing, param+" is missing.")
}

func malformed(message string) *apiError {
	return refuse(http.StatusBadRequest, wire.CodeRequestBodyInvalid, message)
}

func notFound() *apiError {
	return refuse(http.StatusNotFound, wire.CodeResourceNotFound, "Not found.")
}

// signedOut answers a request that needs a session and has none.
func signedOut() *apiError {
	e := refuse(http.StatusUnauthorized, wire.CodeSignedOut, "You are signed out.")
	e.signedOut = true
	return e
}

// turnedAway is e about somebody who gave the right factor, which their account's owner or an
// operator should know of.
func (e *apiError) turnedAway(u User) *apiError {
	e.event = &AuditEvent{Type: "sign_in.refused", UserID: u.ID, Data: detail("reason", e.errs[0].Code)}
	return e
}

func unavailable(retryAfter time.Duration) *apiError {
	e := refuse(http.StatusServiceUnavailable, wire.CodeUnavailable, "The service is busy. Please try again.")
	e.retryAfter = retryAfter
	return e
}

// errStore marks what a store returned that is no part of its contract: a full disk, a
// lost connection.
var errStore = errors.New("store")

// public turns any error into an answer. internal reports that an operator should know.
func public(err error) (answer *apiError, internal bool) {
	var api *apiError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &api):
		return api, false
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge, wire.CodeBodyTooLarge, "The request is too large."), false
	case errors.Is(err, ErrBusy), errors.Is(err, errHashBusy):
		return unavailable(time.Second), false
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return unavailable(time.Second), false
	case errors.Is(err, errStore):
		return unavailable(5 * time.Second), true
	default:
		return refuse(http.StatusInternalServerError, wire.CodeInternal, "Something went wrong."), true
	}
}

// joinInvalid collects field errors, so that a form shows all of them at once.
type joinInvalid struct{ errs []wire.Error }

// add keeps err if it is a field error and returns what is not.
func (j *joinInvalid) add(err error) error {
	var api *apiError
	if errors.As(err, &api) && api.status == http.StatusUnprocessableEntity {
		j.errs = append(j.errs, api.errs...)
		return nil
	}
	return err
}

func (j *joinInvalid) err() error {
	if len(j.errs) == 0 {
		return nil
	}
	return &apiError{status: http.StatusUnprocessableEntity, errs: j.errs}
}

func decimal(n int) string { return strconv.Itoa(n) }
