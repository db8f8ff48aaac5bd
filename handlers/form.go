package handlers

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
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
	errFormType  = &badForm{http.StatusUnsupportedMediaType, "This address takes forms only."}
	errFormSize  = &badForm{http.StatusRequestEntityTooLarge, "That is more than this form can take."}
	errFormLate  = &badForm{http.StatusRequestTimeout, "The form took too long to arrive, so nothing was done. Please send it again."}
	errFormBody  = &badForm{http.StatusBadRequest, "The form did not arrive whole, so nothing was done. Please send it again."}
)

// readForm returns the fields of a post by this site. Every field has one value.
func (h *Handlers) readForm(w http.ResponseWriter, r *http.Request) (url.Values, *badForm) {
	if bad := h.crossSite(r); bad != nil {
		return nil, bad
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFormBytes))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, errFormSize
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, errFormLate
		}
		return nil, errFormBody
	}
	if len(body) == 0 {
		return url.Values{}, nil
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, errFormType
	}
	return parseForm(string(body))
}

func parseForm(body string) (url.Values, *badForm) {
	if strings.Count(body, "&") >= maxFormFields {
		return nil, errFormBody
	}
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, errFormBody
	}
	for name, values := range form {
		if len(values) != 1 || !utf8.ValidString(name) || !utf8.ValidString(values[0]) {
			return nil, errFormBody
		}
	}
	return form, nil
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
