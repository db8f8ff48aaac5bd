package views

import (
	"context"
	"encoding/json"
	"io"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/static"
)

// Scripts renders the import map that makes "authctx" importable and loads that module,
// both with the nonce of [templ.WithNonce]. It comes before every module script of a
// page; only the first on a page is rendered. It says nothing about the person, so a
// page with Scripts alone can be cached.
func Scripts() templ.Component { return scripts{} }

type scripts struct{}

var (
	moduleURL = static.URL("authctx.js")
	importMap = encodeImportMap(map[string]string{"authctx": moduleURL})
)

// encodeImportMap encodes an import map; json.Marshal escapes what could end the element.
func encodeImportMap(modules map[string]string) string {
	text, err := json.Marshal(map[string]any{"imports": modules})
	if err != nil {
		panic("views: import map: " + err.Error())
	}
	return string(text)
}

// Render implements [templ.Component]. It is written by hand because templ has no
// expressions inside script elements, and allocates for each that is an attribute.
func (scripts) Render(ctx context.Context, w io.Writer) error {
	if !firstOnPage(ctx, w, markScripts) {
		return nil
	}
	nonce, instance := templ.EscapeString(templ.GetNonce(ctx)), authctx.InstanceFromContext(ctx)
	for _, part := range [...]string{
		`<script type="importmap" nonce="`, nonce, `">`, importMap, `</script><script type="module" nonce="`, nonce,
		`" src="`, templ.EscapeString(moduleURL), `" data-proxy-url="`, templ.EscapeString(instance.ProxyURL),
		`" data-cookie-suffix="`, templ.EscapeString(instance.CookieSuffix), `"></script>`,
	} {
		if _, err := io.WriteString(w, part); err != nil {
			return err
		}
	}
	return nil
}
