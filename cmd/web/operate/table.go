package operate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// clean makes text safe for a terminal: names are what strangers typed, and escape
// sequences in them would speak to the terminal, or forge lines.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '\ufffd'
		}
		return r
	}, s)
}

// rows prints records: as a table whose first line is head, or as JSON Lines.
type rows struct {
	task  *task
	table *tabwriter.Writer
	head  []string
	lines int
}

func (t *task) rows(head ...string) *rows {
	return &rows{task: t, table: tabwriter.NewWriter(t.Stdout, 0, 8, 2, ' ', 0), head: head}
}

// add prints a record. cells are not asked for when JSON is wanted.
func (r *rows) add(record json.RawMessage, cells func() ([]string, error)) error {
	if r.task.json {
		return writeLine(r.task.Stdout, record)
	}
	if r.lines == 0 {
		r.line(r.head)
	}
	list, err := cells()
	if err != nil {
		return err
	}
	r.line(list)
	if r.lines++; r.lines%pageSize == 0 { // columns are as wide as this part needs
		return r.flush()
	}
	return nil
}

func (r *rows) line(cells []string) {
	for i, c := range cells {
		if cells[i] = clean(c); c == "" {
			cells[i] = "-"
		}
	}
	_, _ = fmt.Fprintln(r.table, strings.Join(cells, "\t"))
}

func (r *rows) flush() error { return r.table.Flush() }

// writeLine prints a JSON value in one line. Control characters in its strings are
// escaped, those too that JSON allows.
func writeLine(w io.Writer, record json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Compact(&b, record); err != nil {
		return fmt.Errorf("the Backend API's answer cannot be read: %w", err)
	}
	_, err := fmt.Fprintln(w, escapeControls(b.String()))
	return err
}

// escapeControls writes C1 controls and DEL as \u escapes; in valid JSON they are only
// inside strings.
func escapeControls(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == 0x7f || r >= 0x80 && r < 0xa0 {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// when writes Unix milliseconds; 0 is never.
func when(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05")
}

func whenever(ms *int64) string {
	if ms == nil {
		return ""
	}
	return when(*ms)
}

// sheet prints names and values of one record.
type sheet struct{ table *tabwriter.Writer }

func (t *task) sheet() sheet { return sheet{tabwriter.NewWriter(t.Stdout, 0, 8, 2, ' ', 0)} }

// set adds a line for each value, and one with a dash if there is none.
func (s sheet) set(name string, values ...string) {
	if len(values) == 0 {
		values = []string{""}
	}
	for _, v := range values {
		if v = clean(v); v == "" {
			v = "-"
		}
		_, _ = fmt.Fprintf(s.table, "%s\t%s\n", name, v)
		name = ""
	}
}

func (s sheet) flush() error { return s.table.Flush() }
