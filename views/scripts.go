package views

import (
	"context"
	"encoding/json"
	"io"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/static"
)

// Scripts renders the import map that makes "authctx" importable and loads that module,
// both with the nonce of [templ.WithNonce]. It comes before every module script of a
// page; only the first on a page is rendered. It says nothing about the person, so a
// page with Scripts alone can be cached.
func Scripts() templ.Component { return onFirst(scriptsOnce, scripts()) }

var (
	scriptsOnce = templ.NewOnceHandle()

	moduleURL = static.URL("authctx.js")
	importMap = newImportMap(map[string]string{"authctx": moduleURL})
)

// newImportMap renders an import map. templ has no expressions inside script elements,
// so it is written here; json.Marshal escapes what could end the element.
func newImportMap(modules map[string]string) templ.Component {
	text, err := json.Marshal(map[string]any{"imports": modules})
	if err != nil {
		panic("views: import map: " + err.Error())
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		nonce := templ.EscapeString(templ.GetNonce(ctx))
		_, err := io.WriteString(w, `<script type="importmap" nonce="`+nonce+`">`+string(text)+`</script>`)
		return err
	})
}
