package identity

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// A cell in quotes may span lines. One that was never closed takes the lines behind it with
// it; the limits tell both apart.
const (
	maxCellLines = 100
	maxRowBytes  = 256 << 10
)

// csvReader reads rows as spreadsheets save them: separated by commas, semicolons or tabs,
// with any line ends, quotes anywhere in a cell, and in UTF-8 or Windows-1252. A row that
// cannot be read does not end the file.
type csvReader struct {
	lines   *bufio.Scanner
	comma   byte
	columns int      // of the first row; rows with other numbers are no multi-line rows
	pending []string // lines that were read ahead
	line    int      // number of the line read last
}

// csvRecord is a row.
type csvRecord struct {
	cells   []string
	line    int  // where it begins
	decoded bool // it was not UTF-8 and was read as Windows-1252
	foreign bool // it is neither
	open    bool // a quote in it was never closed
}

func newCSVReader(in io.Reader) *csvReader {
	r := &csvReader{lines: bufio.NewScanner(in), comma: ','}
	r.lines.Buffer(make([]byte, 0, 64<<10), maxImportLine)
	r.lines.Split(scanAnyLine)
	return r
}

// scanAnyLine is [bufio.ScanLines] that takes a CR without LF for the end of a line, too.
func scanAnyLine(data []byte, atEOF bool) (advance int, token []byte, err error) {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0 && atEOF && len(data) > 0:
		return len(data), data, nil
	case i < 0, data[i] == '\r' && i+1 == len(data) && !atEOF:
		return 0, nil, nil
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2, data[:i], nil
	}
	return i + 1, data[:i], nil
}

func (r *csvReader) next() (string, error) {
	if len(r.pending) > 0 {
		line := r.pending[0]
		r.pending = r.pending[1:]
		r.line++
		return line, nil
	}
	if r.lines.Scan() {
		r.line++
		return r.lines.Text(), nil
	}
	switch err := r.lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return "", fmt.Errorf("line %d is longer than %d MiB", r.line+1, maxImportLine>>20)
	case err != nil:
		return "", err
	}
	return "", io.EOF
}

// header reads the first row that holds something, which decides what separates cells.
func (r *csvReader) header() (csvRecord, error) {
	line, err := r.next()
	for err == nil && strings.Trim(line, " \t,;") == "" {
		line, err = r.next()
	}
	if err != nil {
		return csvRecord{}, err
	}
	if sep, ok := strings.CutPrefix(strings.ToLower(line), "sep="); ok && len(sep) == 1 { // for a spreadsheet, not a row
		r.comma = sep[0]
		line, err = r.next()
	} else {
		for _, comma := range []byte{';', '\t'} {
			if strings.Count(line, string(comma)) > strings.Count(line, string(r.comma)) {
				r.comma = comma
			}
		}
	}
	if err != nil {
		return csvRecord{}, err
	}
	rec := r.parse(line)
	rec.line, r.columns = r.line, len(rec.cells)
	return rec, nil
}

// read returns the next row that holds something. A row with a quote that is not closed in
// time is its first line alone, and the next row begins behind that.
func (r *csvReader) read() (csvRecord, error) {
	first, err := r.next()
	for err == nil && strings.Trim(first, " \t\u00a0\""+string(r.comma)) == "" {
		first, err = r.next()
	}
	if err != nil {
		return csvRecord{}, err
	}
	begin, text := r.line, first
	rec := r.parse(text)
	var more []string
	for rec.open && len(more) < maxCellLines && len(text) < maxRowBytes {
		line, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return csvRecord{}, err
		}
		more = append(more, line)
		text += "\n" + line
		rec = r.parse(text)
	}
	if len(more) > 0 && (rec.open || len(rec.cells) != r.columns) {
		rec = r.parse(first)
		r.pending = append(more, r.pending...)
		r.line = begin
	}
	rec.line = begin
	return rec, nil
}

// parse splits a row. Quotes enclose a cell only from its beginning to a separator or the
// end; all others are part of the text.
func (r *csvReader) parse(text string) (rec csvRecord) {
	if !utf8.ValidString(text) {
		rec.decoded = true
		text, _ = charmap.Windows1252.NewDecoder().String(text) // U+FFFD for the octets that it leaves free
		rec.foreign = strings.ContainsRune(text, utf8.RuneError)
	}
	for {
		var cell string
		cell, text, rec.open = r.cell(text)
		rec.cells = append(rec.cells, cell)
		if text == "" {
			return rec
		}
		text = text[1:] // the separator
	}
}

// cell splits off the first cell; rest begins with the separator behind it, if there is one.
func (r *csvReader) cell(text string) (cell, rest string, open bool) {
	if text == "" || text[0] != '"' {
		i := strings.IndexByte(text, r.comma)
		if i < 0 {
			i = len(text)
		}
		return text[:i], text[i:], false
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
			b.WriteByte(text[i])
		case i+1 == len(text) || text[i+1] == r.comma:
			return b.String(), text[i+1:], false
		case text[i+1] == '"':
			b.WriteByte('"')
			i++
		default: // a quote that should have been doubled
			b.WriteByte('"')
		}
	}
	return b.String(), "", true
}
