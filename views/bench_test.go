package views_test

import (
	"context"
	"io"
	"testing"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/views"
)

// page is the context of a template that is being rendered.
func page(t testing.TB) context.Context { return templ.InitializeContext(signedIn(t)) }

// Counts, so that a slower machine does not fail them. They are what was measured; less
// is welcome. That of SignedIn is templ's: each component has a context without children.
func TestAllocations(t *testing.T) {
	ctx := page(t)
	block := templ.WithChildren(ctx, templ.NopComponent)
	props := authctx.BuildAuthProps(ctx)
	for _, tt := range []struct {
		name string
		most float64
		run  func() error
	}{
		{"SignedIn", 1, func() error { return views.SignedIn().Render(block, io.Discard) }},
		{"AuthProps", 3, func() error { // the context of a page takes two
			return views.AuthProps(props).Render(templ.InitializeContext(context.Background()), io.Discard)
		}},
	} {
		var err error
		got := testing.AllocsPerRun(200, func() { err = tt.run() })
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got > tt.most {
			t.Errorf("%s makes %v allocations, want at most %v", tt.name, got, tt.most)
		}
	}
}

func BenchmarkSignedIn(b *testing.B) {
	ctx := page(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := views.SignedIn().Render(ctx, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthProps(b *testing.B) {
	ctx, user := signedIn(b), ada()
	b.ReportAllocs()
	for b.Loop() {
		c := views.AuthProps(authctx.BuildAuthProps(ctx, authctx.WithUser(user)))
		if err := c.Render(templ.InitializeContext(ctx), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
