package handlers

import (
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxFormBytes  = 64 << 10
	maxFormFields = 100
)

// badForm is a post that was refused before anything was done with it.
type badForm struct {
	status int
	text   string
}

var (
	errCrossSite = &badForm{http.StatusForbidden, "This form was sent from another website, so nothing was done. If it was you, fill it in here and send it again."}
	errFormType  = &badForm{http.StatusUnsupportedMediaType, "This page only accepts form submissions."}
	errFormSize  = &badForm{http.StatusRequestEntityTooLarge, "This is more than this form can take."}
	errFormLate  = &badForm{http.StatusRequestTimeout, "The form took too long to arrive, so nothing was done. Please send it again."}
	errFormBody  = &badForm{http.StatusBadRequest, "The form was incomplete, so nothing was done. Please send it again."}
)

// readForm returns the fields of a post by this site, and leaves them in r.PostForm. Every
// field has one value.
func (h *Handlers) readForm(w http.ResponseWriter, r *http.Request) (url.Values, *badForm) {
	if bad := h.crossSite(r); bad != nil {
		return nil, bad
	}
	form, bad := readFields(w, r)
	if bad == nil {
		r.PostForm = form
	}
	return form, bad
}

// readFields reads the fields. A middleware may have parsed them before, for a method
// override or a token of its own; then they are taken from the request, for the body is gone.
func readFields(w http.ResponseWriter, r *http.Request) (url.Values, *badForm) {
	if fields, ok := parsedBefore(r); ok && len(fields) > 0 {
		return boundedForm(fields)
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body := http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err == nil && media == "multipart/form-data" {
		return readMultipart(multipart.NewReader(body, params["boundary"]))
	}
	text, readErr := io.ReadAll(body)
	switch {
	case readErr != nil:
		return nil, unread(readErr)
	case len(text) == 0 && r.ContentLength > 0:
		return nil, errFormBody // somebody read it and kept nothing
	case len(text) == 0:
		return url.Values{}, nil
	case err != nil || media != "application/x-www-form-urlencoded":
		return nil, errFormType
	}
	return parseForm(string(text))
}

// parsedBefore returns the fields of a body that was parsed already; those of the address are
// not among them.
func parsedBefore(r *http.Request) (fields url.Values, ok bool) {
	switch {
	case len(r.PostForm) > 0:
		if r.MultipartForm != nil && len(r.MultipartForm.File) > 0 {
			return url.Values{"": nil}, true // a file is no field of ours
		}
		return r.PostForm, true
	case r.MultipartForm != nil && len(r.MultipartForm.Value) > 0:
		return r.MultipartForm.Value, true
	case r.PostForm == nil && len(r.Form) > 0:
		return bodyFields(r), true
	}
	return nil, false
}

// bodyFields are those of r.Form that are not of the address. [http.Request.ParseForm] puts
// the fields of a body first, and ParseMultipartForm puts them last.
func bodyFields(r *http.Request) url.Values {
	query, fields := r.URL.Query(), url.Values{}
	last := strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/")
	for name, values := range r.Form {
		own := max(len(values)-len(query[name]), 0)
		switch {
		case own == 0:
		case last:
			fields[name] = values[len(values)-own:]
		default:
			fields[name] = values[:own]
		}
	}
	return fields
}

// boundedForm holds a form that somebody else parsed to the limits of ours.
func boundedForm(fields url.Values) (url.Values, *badForm) {
	size, count := 0, 0
	for name, values := range fields {
		count += len(values)
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	switch {
	case size > maxFormBytes:
		return nil, errFormSize
	case count > maxFormFields:
		return nil, errFormBody
	}
	return checkForm(fields)
}

// readMultipart reads small text fields. Files are no part of any form here.
func readMultipart(parts *multipart.Reader) (url.Values, *badForm) {
	form, size := url.Values{}, 0
	for count := 0; ; count++ {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // one that is wrapped is a body that was cut
			if count == 0 {
				return nil, errFormType
			}
			return checkForm(form)
		}
		if err != nil {
			return nil, unread(err)
		}
		name := part.FormName()
		if name == "" || part.FileName() != "" || count >= maxFormFields {
			return nil, errFormBody
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, unread(err)
		}
		if size += len(name) + len(value); size > maxFormBytes {
			return nil, errFormSize
		}
		form.Add(name, string(value))
	}
}

// unread says why a body could not be read.
func unread(err error) *badForm {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return errFormSize
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errFormLate
	}
	return errFormBody
}

func parseForm(body string) (url.Values, *badForm) {
	if strings.Count(body, "&") >= maxFormFields {
		return nil, errFormBody
	}
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, errFormBody
	}
	return checkForm(form)
}

// checkForm refuses what has two readings.
func checkForm(form url.Values) (url.Values, *badForm) {
	for name, values := range form {
		if len(values) != 1 || !utf8.ValidString(name) || !utf8.ValidString(values[0]) {
			return nil, errFormBody
		}
	}
	for _, name := range []string{"identifier", "email_address"} {
		if typed, clean := form.Get(name), pastedAddress(form.Get(name)); typed != clean {
			form = maps.Clone(form) // it can be the request's
			form.Set(name, clean)
		}
	}
	return form, nil
}

// pastedAddress is an address without what comes along at its ends when it is copied from a
// page or a mail: blanks of every kind, and characters that nobody sees. In its middle the
// API refuses them.
func pastedAddress(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
	})
}

// crossSite reports a post that another site's page made. It is stricter than
// [http.CrossOriginProtection] in two points: an Origin, when there is one, is exactly ours,
// while the library lets an http page of the same host post to https; and trusting our own
// origin, which a proxy that rewrites Host needs, does not excuse what the browser itself
// calls same-site or cross-site. A page that tells nobody where it is has the Origin null
// (Fetch §3.2); then the browser has to call it same-origin.
func (h *Handlers) crossSite(r *http.Request) *badForm {
	origin, site := r.Header["Origin"], r.Header.Get("Sec-Fetch-Site")
	ours := len(origin) == 0 || len(origin) == 1 && (origin[0] == h.cfg.PublicOrigin || origin[0] == "null" && site == "same-origin")
	if len(origin) == 1 && site == "same-origin" && !ours {
		short := origin[0][:min(len(origin[0]), 200)] // anybody may send anything
		h.log.WarnContext(r.Context(), "form refused: the page was opened at another origin than PublicOrigin", "origin", short, "public_origin", h.cfg.PublicOrigin)
		return &badForm{http.StatusForbidden, "This page was opened at another address than the site's own, so nothing was done. Please open it at " + h.cfg.PublicOrigin + "."}
	}
	if ours && (site == "" || site == "same-origin" || site == "none") && h.csrf.Check(r) == nil {
		return nil
	}
	return errCrossSite
}
