package views

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
)

// AuthProps renders p as the JSON element from which the browser's stores start, so that
// a script knows who is signed in without asking. Only the first on a page is rendered.
// A page without one works too: its stores load by themselves.
//
// The text of the element is what p writes, in which nothing can end the element
// (see [authctx.BuildAuthProps]).
func AuthProps(p authctx.Props) templ.Component {
	return onFirst(propsOnce, templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		if _, err := io.WriteString(w, `<script type="application/json" data-auth-props>`); err != nil {
			return err
		}
		if _, err := p.WriteTo(w); err != nil {
			return err
		}
		_, err := io.WriteString(w, `</script>`)
		return err
	}))
}

var propsOnce = templ.NewOnceHandle()

// onFirst renders c unless once has been rendered on this page.
func onFirst(once *templ.OnceHandle, c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		ctx = templ.WithChildren(ctx, c)
		// The page shares ctx's children: what Once skips must not turn up in the next
		// component that has none of its own.
		defer templ.ClearChildren(ctx)
		return once.Once().Render(ctx, w)
	})
}
