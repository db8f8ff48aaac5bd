package pages

import (
	"context"
	"html"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// codeText lets a long call break where a reader would break it. It is not a template,
// which would put a space beside each break.
func codeText(code string) templ.Component {
	parts := codeParts(code)
	for i, part := range parts {
		parts[i] = html.EscapeString(part)
	}
	text := "<code>" + strings.Join(parts, "<wbr>") + "</code>"
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// codeParts cuts a call behind dots, slashes and opening parentheses, but never between
// a pair of parentheses.
func codeParts(code string) []string {
	var parts []string
	begin := 0
	for i := range len(code) {
		rest := code[i+1:]
		if strings.IndexByte("./(", code[i]) >= 0 && rest != "" && rest[0] != ')' {
			parts, begin = append(parts, code[begin:i+1]), i+1
		}
	}
	return append(parts, code[begin:])
}
