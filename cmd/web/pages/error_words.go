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
	http.StatusForbidden:             "Not for you",
	http.StatusNotFound:              "Nothing here",
	http.StatusMethodNotAllowed:      "Not done this way",
	http.StatusRequestEntityTooLarge: "Too much at once",
	http.StatusTooManyRequests:       "Too many requests",
	http.StatusInternalServerError:   "Something went wrong",
	http.StatusServiceUnavailable:    "Not right now",
}

func errorTitle(status int) string {
	if title := errorTitles[status]; title != "" {
		return title
	}
	return http.StatusText(status)
}

var errorTexts = map[int]string{
	http.StatusBadRequest:            "The request could not be understood.",
	http.StatusForbidden:             "You may not see this page or do this. If your rights have just changed, try again in a minute.",
	http.StatusNotFound:              "There is no page at this address.",
	http.StatusMethodNotAllowed:      "This address cannot be used in this way.",
	http.StatusRequestEntityTooLarge: "What was sent is too large.",
	http.StatusTooManyRequests:       "Wait a moment, then try again.",
	http.StatusInternalServerError:   "The page could not be made. Nothing of yours was lost.",
	http.StatusServiceUnavailable:    "Who you are cannot be checked at the moment. Try again shortly.",
}

func errorText(status int) string {
	if text := errorTexts[status]; text != "" {
		return text
	}
	return "The request could not be answered."
}
