package pages

import (
	"net/http"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/web"
)

// APIAuth answers who is signed in, or 401: getAuth(req), then
// clerkClient().users.getUser(userId). It guards itself.
func (p *Pages) APIAuth(w http.ResponseWriter, r *http.Request) {
	auth := authctx.FromContext(r.Context())
	if !auth.SignedIn() {
		p.apiError(w, r, authctx.ErrSignedOut)
		return
	}
	user, err := p.users.Get(r.Context(), auth.UserID())
	if err != nil {
		p.apiError(w, r, err)
		return
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{
		"userId": auth.UserID(), "sessionId": auth.SessionID(), "user": newPublicUser(user),
	})
}
