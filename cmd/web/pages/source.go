package pages

import (
	"context"
	"embed"
	"html"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// The pages show the very files they were built from.
//
//go:embed welcome.go welcome.templ dashboard.go dashboard.templ example.go example.templ
//go:embed client_auth.go client_auth.templ client_user.go client_user.templ
//go:embed organization.go organization.templ admin.go admin.templ api_user.go api_auth.go
var sourceFiles embed.FS

var sources = loadSources()

func loadSources() map[string]string {
	entries, err := sourceFiles.ReadDir(".")
	if err != nil {
		panic("pages: read embedded sources: " + err.Error())
	}
	marked := make(map[string]string, len(entries))
	for _, entry := range entries {
		text, err := sourceFiles.ReadFile(entry.Name())
		if err != nil {
			panic("pages: read embedded source: " + err.Error())
		}
		marked[entry.Name()] = markUp(string(text))
	}
	return marked
}

// markUp escapes a source text and sets its comment lines apart.
func markUp(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text) + "\n") {
		escaped := html.EscapeString(line)
		if strings.HasPrefix(strings.TrimSpace(line), "//") {
			escaped = "<i>" + strings.TrimSuffix(escaped, "\n") + "</i>\n"
		}
		b.WriteString(escaped)
	}
	return b.String()
}

// sourceText writes a source that markUp escaped. It panics, when a page is first
// rendered, for a file that is not embedded.
func sourceText(name string) templ.Component {
	text, ok := sources[name]
	if !ok {
		panic("pages: no source " + name)
	}
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}
