package bench

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
)

//go:generate go tool -modfile=../tools/go.mod templ generate

// full fills the page to about five kilobytes; without it the page is the seed's, which
// only greets.
var full = func() (out []string) {
	for i := range 60 {
		out = append(out, "Item "+strconv.Itoa(i)+" with a line of text beside it")
	}
	return out
}()

// serve renders the page for name.
func serve(ctx context.Context, w http.ResponseWriter, name string, lines []string) {
	b := templ.GetBuffer()
	defer templ.ReleaseBuffer(b)
	if err := page(name, lines).Render(ctx, b); err != nil {
		http.Error(w, "not rendered", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes())
}
