package pages

import (
	"net/http"

	"github.com/usherauth/usher/internal/web"
)

// APIUser answers {"user": …} with the signed-in user, or 401. The route is
// guarded:
//
//	r.With(authctx.RequireAPI()).Get("/api/user", pages.APIUser)
func (p *Pages) APIUser(w http.ResponseWriter, r *http.Request) {
	user, err := p.users.Current(r.Context())
	if err != nil {
		p.apiError(w, r, err)
		return
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{"user": newPublicUser(user)})
}
