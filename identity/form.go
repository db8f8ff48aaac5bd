package identity

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/usherauth/usher/wire"
)

const (
	maxFormBytes  = 64 << 10
	maxFormFields = 200
)

// form is the body of a Frontend API request.
type form struct{ values url.Values }

// readForm reads an application/x-www-form-urlencoded body. An empty body needs no
// content type. A body that is too long, cut off, or not what it says it is is refused
// before anything looks at it.
func readForm(w http.ResponseWriter, r *http.Request) (form, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFormBytes))
	if err != nil {
		return form{}, bodyError(err)
	}
	if len(body) == 0 {
		return form{}, nil
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return form{}, refuse(http.StatusUnsupportedMediaType, wire.CodeUnsupportedMediaType,
			"The body must be application/x-www-form-urlencoded.")
	}
	return parseForm(string(body))
}

func parseForm(body string) (form, error) {
	if strings.Count(body, "&") >= maxFormFields {
		return form{}, malformed("The form has too many fields.")
	}
	values, err := url.ParseQuery(body)
	if err != nil {
		return form{}, malformed("The form is not encoded correctly.")
	}
	for name, all := range values {
		if !utf8.ValidString(name) || !utf8.ValidString(strings.Join(all, "")) {
			return form{}, malformed("The form is not valid UTF-8.")
		}
	}
	return form{values}, nil
}

// bodyError tells a body that is too long from one that broke off.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return malformed("The request body could not be read.")
}

// get returns a field's value; ok is false when it was not sent. A field sent twice is
// refused rather than guessed at.
func (f form) get(name string) (value string, ok bool, err error) {
	all := f.values[name]
	switch len(all) {
	case 0:
		return "", false, nil
	case 1:
		return all[0], true, nil
	}
	return "", false, invalid(name, wire.CodeParamFormatInvalid, name+" was sent more than once.")
}

// required returns a field's value or a field error when it is missing or empty.
func (f form) required(name string) (string, error) {
	v, _, err := f.get(name)
	if err == nil && v == "" {
		err = missingParam(name)
	}
	return v, err
}
