package pages

import (
	"net/http"

	"github.com/usherauth/usher/authctx"
)

// Denied is the Config.Deny of package authctx: documents that are refused get a page of
// the layout. Those led to the sign-in page, and programs, are left to the guards.
func (p *Pages) Denied(w http.ResponseWriter, r *http.Request, d authctx.Denied) {
	if d.Kind != authctx.KindDocument || d.SignInURL != "" {
		return
	}
	message := ""
	switch {
	case d.Loop:
		return // the guard's page says more
	case d.CrossOrigin:
		message = "This request was sent from another website, so nothing was done. If it was you, repeat it on a page of this site."
	case d.Status == http.StatusForbidden:
		message = exhibitAt(r.URL.Path).Denied
	}
	p.ErrorPage(w, r, d.Status, message)
}
