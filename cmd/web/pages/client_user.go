package pages

import (
	"errors"
	"net/http"

	"github.com/usherauth/usher/authctx"
)

// ClientUser shows the useUser store. With ?props=off the page carries no
// props: the store begins with "Loading…" and loads by itself.
func (p *Pages) ClientUser(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	user, err := p.users.Current(ctx)
	if err != nil && !errors.Is(err, authctx.ErrSignedOut) {
		p.log.WarnContext(ctx, "current user", "err", err)
	}
	props := authctx.BuildAuthProps(ctx, authctx.WithUser(user))
	state := userState(ctx, user)
	if r.URL.Query().Get("props") == "off" {
		props, state = authctx.Props{}, loadingUser(user)
	}
	p.render(w, r, page{at: "/client/user", props: &props, body: clientUser(state)})
}
