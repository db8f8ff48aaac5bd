package pages

import (
	"errors"
	"net/http"

	"github.com/usherauth/usher/authctx"
)

// Example loads the user on the server and hands it to the browser, as
// getServerSideProps does with buildClerkProps.
func (p *Pages) Example(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	user, err := p.users.Current(ctx)
	if err != nil && !errors.Is(err, authctx.ErrSignedOut) {
		p.log.WarnContext(ctx, "current user", "err", err)
	}
	props := authctx.BuildAuthProps(ctx, authctx.WithUser(user))
	p.render(w, r, page{at: "/example", props: &props, body: example(user)})
}
