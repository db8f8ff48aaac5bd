package views_test

import (
	"context"
	"io"
	"testing"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/views"
)

func word(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	})
}

func TestControlComponents(t *testing.T) {
	t.Parallel()
	out, in, boss := signedOut(t), signedIn(t), admin(t)
	role := authctx.Role("org:admin")
	otherwise := views.Fallback(word("fallback"))
	tests := []struct {
		name string
		ctx  context.Context
		c    templ.Component
		want string
	}{
		{"SignedIn shows its children to a signed-in person", in, views.SignedIn(), "children"},
		{"SignedIn shows nothing to anybody else", out, views.SignedIn(), ""},
		{"SignedIn shows its fallback to anybody else", out, views.SignedIn(otherwise), "fallback"},
		{"SignedIn does not show its fallback to a signed-in person", in, views.SignedIn(otherwise), "children"},
		{"SignedIn without the middleware is signed out", context.Background(), views.SignedIn(otherwise), "fallback"},
		{"SignedIn takes a pending session as signed out", pending(t), views.SignedIn(otherwise), "fallback"},
		{"SignedOut shows its children when nobody is signed in", out, views.SignedOut(), "children"},
		{"SignedOut shows nothing to a signed-in person", in, views.SignedOut(), ""},
		{"SignedOut shows its fallback to a signed-in person", in, views.SignedOut(otherwise), "fallback"},
		{"SignedOut without the middleware is signed out", context.Background(), views.SignedOut(), "children"},
		{"Show shows its children to whoever meets the requirement", boss, views.Show(role, otherwise), "children"},
		{"Show shows its fallback to others", in, views.Show(role, otherwise), "fallback"},
		{"Show shows its fallback when nobody is signed in", out, views.Show(role, otherwise), "fallback"},
		{"Show of a permission that is given", boss, views.Show(authctx.Permission("org:invoices:create")), "children"},
		{"Show of a permission that is not given", boss, views.Show(authctx.Permission("org:invoices:delete")), ""},
		{"Show of no requirement shows nothing to anybody", boss, views.Show(nil), ""},
		{"Protect shows its children to whoever meets the requirement", boss, views.Protect(role, otherwise), "children"},
		{"Protect shows its fallback to others", in, views.Protect(role, otherwise), "fallback"},
		{"the last fallback counts", out, views.SignedIn(views.Fallback(word("first")), otherwise), "fallback"},
		{"a nil fallback is none", out, views.SignedIn(views.Fallback(nil)), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := render(t, tt.ctx, within(tt.c, word("children"))); got != tt.want {
				t.Errorf("rendered %q, want %q", got, tt.want)
			}
		})
	}
}

// The wrong branch is not rendered and thrown away: it is never asked.
func TestWrongBranchIsNeverRendered(t *testing.T) {
	t.Parallel()
	trap := templ.ComponentFunc(func(context.Context, io.Writer) error {
		t.Error("a branch that is not for this person was rendered")
		return nil
	})
	role := authctx.Role("org:admin")
	render(t, signedOut(t),
		within(views.SignedIn(), trap), within(views.SignedOut(views.Fallback(trap)), word("")),
		within(views.Show(role), trap), within(views.Protect(role), trap))
	render(t, admin(t),
		within(views.SignedOut(), trap), within(views.SignedIn(views.Fallback(trap)), word("")),
		within(views.Show(role, views.Fallback(trap)), word("")), within(views.Protect(role, views.Fallback(trap)), word("")))
}

// Children belong to the block they stand in: neither a fallback nor a later component
// inherits them.
func TestChildrenStayInTheirBlock(t *testing.T) {
	t.Parallel()
	got := render(t, signedOut(t),
		within(views.SignedIn(views.Fallback(views.SignedOut())), word("private")),
		views.SignedOut(),
		views.AuthProps(authctx.Props{}), views.AuthProps(authctx.Props{}), views.SignedOut())
	if want := `<script type="application/json" data-auth-props>null</script>`; got != want {
		t.Errorf("rendered %q, want %q", got, want)
	}
}

func TestErrorsOfChildrenAreReturned(t *testing.T) {
	t.Parallel()
	broken := templ.ComponentFunc(func(context.Context, io.Writer) error { return io.ErrUnexpectedEOF })
	err := within(views.SignedOut(), broken).Render(signedOut(t), io.Discard)
	if err == nil {
		t.Error("the error of a child was lost")
	}
}
