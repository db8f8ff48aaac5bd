package pages

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/static"
	"github.com/usherauth/usher/wire"
)

// page is one answer in the shared layout.
type page struct {
	at    string          // path of the exhibit; "" is none of them
	title string          // "" is the exhibit's
	props *authctx.Props  // nil: the frame makes its own
	bare  bool            // no props, and in the menu what the token says: asks nobody
	body  templ.Component // with the page's only h1
}

var (
	styleURL = static.URL("app.css")
	demoURL  = static.URL("demo.js")
)

// frame puts pg into the layout. Like every part of a page it asks who is there itself;
// the answer is the one that the page's handler got.
func (p *Pages) frame(pg page) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		m := frameModel{page: pg, exhibit: exhibitAt(pg.at), hosted: p.hosted}
		if m.title == "" {
			m.title = m.exhibit.Title
		}
		if pg.bare {
			m.person, _ = p.users.Known(ctx)
		} else {
			m.person = p.known(ctx)
		}
		if m.props == nil && !pg.bare {
			props := authctx.BuildAuthProps(ctx)
			m.props = &props
		}
		return layout(m).Render(ctx, w)
	})
}

type frameModel struct {
	page
	exhibit exhibit
	person  wire.PublicUserData
	hosted  bool
}
