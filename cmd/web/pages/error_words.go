package pages

import (
	"net/http"

	"github.com/usherauth/usher/wire"
)

var errorCode = map[int]string{
	http.StatusBadRequest:            wire.CodeRequestBodyInvalid,
	http.StatusUnauthorized:          wire.CodeAuthenticationInvalid,
	http.StatusForbidden:             wire.CodeAuthorizationInvalid,
	http.StatusNotFound:              wire.CodeResourceNotFound,
	http.StatusMethodNotAllowed:      wire.CodeMethodNotAllowed,
	http.StatusRequestEntityTooLarge: wire.CodeBodyTooLarge,
	http.StatusTooManyRequests:       wire.CodeTooManyRequests,
	http.StatusInternalServerError:   wire.CodeInternal,
	http.StatusServiceUnavailable:    wire.CodeUnavailable,
}

var errorTitles = map[int]string{
	http.StatusForbidden:             "Access denied",
	http.StatusNotFound:              "Page not found",
	http.StatusMethodNotAllowed:      "Method not allowed",
	http.StatusRequestEntityTooLarge: "Request too large",
	http.StatusTooManyRequests:       "Too many requests",
	http.StatusInternalServerError:   "Something went wrong",
	http.StatusServiceUnavailable:    "Try again in a moment",
}

func errorTitle(status int) string {
	if title := errorTitles[status]; title != "" {
		return title
	}
	return http.StatusText(status)
}

var errorTexts = map[int]string{
	http.StatusBadRequest:            "The request could not be understood.",
	http.StatusForbidden:             "You don't have access to this page or action. If your permissions have just changed, try again in a minute.",
	http.StatusNotFound:              "There is no page at this address.",
	http.StatusMethodNotAllowed:      "This page does not support this method.",
	http.StatusRequestEntityTooLarge: "The request is too large.",
	http.StatusTooManyRequests:       "Wait a moment, then try again.",
	http.StatusInternalServerError:   "The page could not be rendered. Nothing was lost.",
	http.StatusServiceUnavailable:    "We can't verify your sign-in right now. Try again in a moment.",
}

func errorText(status int) string {
	if text := errorTexts[status]; text != "" {
		return text
	}
	return "The request could not be answered."
}
