package operate

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// maxRecord bounds a record of a CSV file, as lines of an export are bounded. The parser
// holds a whole one, in several copies: a quote that is never closed makes one of the rest
// of the file.
const maxRecord = 16 << 20

// records is what an import reads. An export, which begins with a brace, has bounds already.
func records(in io.Reader) io.Reader {
	r := bufio.NewReader(in)
	begin, _ := r.Peek(4) // an error comes again
	if bytes.HasPrefix(bytes.TrimPrefix(begin, []byte("\ufeff")), []byte("{")) {
		return r
	}
	return &csvBound{in: r, line: 1, first: 1}
}

// csvBound fails at a record that is too long. Lines end records but within quotes; a quote
// in a quoted field is two, so that they always come in pairs.
type csvBound struct {
	in          io.Reader
	line, first int // where it is, and where the record began
	size        int
	quoted      bool
}

// Read implements [io.Reader].
func (b *csvBound) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	for i, c := range p[:n] {
		b.size++
		switch c {
		case '"':
			b.quoted = !b.quoted
		case '\n':
			b.line++
			if !b.quoted {
				b.first, b.size = b.line, 0
			}
		}
		if b.size > maxRecord {
			return i, fmt.Errorf("line %d begins a record of more than %d MiB: is a quote not closed?", b.first, maxRecord>>20)
		}
	}
	return n, err
}
