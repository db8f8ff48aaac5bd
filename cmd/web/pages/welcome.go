package pages

import (
	"errors"
	"net/http"

	"github.com/usherauth/usher/authctx"
)

// Welcome greets whoever is signed in. Without the Backend API it still
// shows what the session token knows.
func (p *Pages) Welcome(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	person, err := p.users.Brief(ctx)
	if err != nil && !errors.Is(err, authctx.ErrSignedOut) {
		p.log.WarnContext(ctx, "who is signed in", "err", err)
	}
	p.render(w, r, page{at: "/welcome", body: welcome(person)})
}
