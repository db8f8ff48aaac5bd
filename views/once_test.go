package views_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/views"
)

// TestE2_EveryPageOfARequestIsWhole: the page that is rendered after another one failed, or
// beside it, has its own props and scripts.
func TestE2_EveryPageOfARequestIsWhole(t *testing.T) {
	t.Parallel()
	ctx := signedIn(t)
	page := templ.Join(views.AuthProps(authctx.BuildAuthProps(ctx)), views.Scripts(), views.Scripts())
	var one, two bytes.Buffer
	for _, b := range []*bytes.Buffer{&one, &two} {
		if err := page.Render(ctx, b); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "<script"); n != 3 {
			t.Errorf("%d script elements, want 3", n)
		}
	}
}
