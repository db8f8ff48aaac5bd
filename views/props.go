package views

import (
	"context"
	"io"
	"reflect"

	"github.com/a-h/templ"
	templruntime "github.com/a-h/templ/runtime"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/reqscope"
)

// AuthProps renders p as the JSON element from which the browser's stores start, so that
// a script knows who is signed in without asking. Only the first on a page is rendered.
// A page without one works too: its stores load by themselves.
//
// When somebody is signed in it also keeps the page out of the copies that libraries make
// for the Back button: those of htmx 2, which outlive a sign-out, and, in the head, those of
// Turbo. Both then ask the server.
//
// The text of the element is what p writes, in which nothing can end the element
// (see [authctx.BuildAuthProps]).
func AuthProps(p authctx.Props) templ.Component { return authProps(p) }

type authProps authctx.Props

// Render implements [templ.Component].
func (p authProps) Render(ctx context.Context, w io.Writer) error {
	if !firstOnPage(ctx, w, markProps) {
		return nil
	}
	begin := `<script type="application/json" data-auth-props>`
	if authctx.FromContext(ctx).SignedIn() {
		begin = `<meta name="turbo-cache-control" content="no-cache"><script type="application/json" data-auth-props data-hx-history="false">`
	}
	if _, err := io.WriteString(w, begin); err != nil {
		return err
	}
	if _, err := authctx.Props(p).WriteTo(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, `</script>`)
	return err
}

// What a page has once. The numbers are those of [reqscope.Scope.Mark].
const (
	markProps = iota
	markScripts
)

// firstOnPage reports that the page which is being written to w has none yet. A page is what
// goes to one writer in the course of one request; without a request, every one is the
// first. templ.OnceHandle does the same at six allocations.
func firstOnPage(ctx context.Context, w io.Writer, mark int) bool {
	if b, ok := w.(*templruntime.Buffer); ok { // which templ uses again for the next page
		w = b.Underlying
	}
	to := reflect.ValueOf(w)
	if to.Kind() != reflect.Pointer {
		return true
	}
	return reqscope.FromContext(ctx).Mark(to.Pointer(), mark)
}
