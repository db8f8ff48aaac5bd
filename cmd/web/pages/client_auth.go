package pages

import (
	"net/http"

	"github.com/usherauth/usher/authctx"
)

// ClientAuth shows the useAuth store. With ?props=off the page carries no
// props: the store begins with "Loading…" and loads by itself.
func (p *Pages) ClientAuth(w http.ResponseWriter, r *http.Request) {
	pg := page{at: "/client/auth"}
	state := authState(authctx.FromContext(r.Context()))
	if r.URL.Query().Get("props") == "off" {
		pg.props, state = &authctx.Props{}, loadingAuth
	}
	pg.body = clientAuth(state)
	p.render(w, r, pg)
}
