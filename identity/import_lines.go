package identity

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/usherauth/usher/internal/strictjson"
)

// maxImportLine bounds one record. The largest is a user with a picture.
const maxImportLine = 16 << 20

// lineSource reads JSON Lines.
type lineSource struct {
	im    *importer
	lines *bufio.Scanner
	line  int
}

// openLines reads the header, which says whether the rest can be understood.
func (im *importer) openLines(in io.Reader) (source, error) {
	src := &lineSource{im: im, lines: bufio.NewScanner(in)}
	src.lines.Buffer(make([]byte, 0, 64<<10), maxImportLine)
	raw, err := src.read()
	if err != nil {
		return nil, err
	}
	var header exportHeader
	if json.Unmarshal(raw, &header) != nil || header.Version < 1 {
		return nil, errors.New(`the first line does not begin an export: it is an object with "usher_export"`)
	}
	if header.Version > exportVersion {
		return nil, fmt.Errorf("the export has version %d, this program knows up to %d: import it with the newer program", header.Version, exportVersion)
	}
	return src, nil
}

// read returns the next line that is not empty.
func (s *lineSource) read() ([]byte, error) {
	for s.lines.Scan() {
		s.line++
		if raw := bytes.TrimSpace(s.lines.Bytes()); len(raw) > 0 {
			return raw, nil
		}
	}
	if err := s.lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d is longer than %d MiB", s.line+1, maxImportLine>>20)
	} else if err != nil {
		return nil, err
	}
	return nil, io.EOF
}

func (s *lineSource) next() (importItem, error) {
	raw, err := s.read()
	if err != nil {
		return importItem{}, err
	}
	item, err := s.item(raw)
	item.line = s.line
	return item, err
}

// item checks one line. What it does not know it does not skip over: a field that was
// misspelled would be lost without a word.
func (s *lineSource) item(raw []byte) (importItem, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var line exportLine
	if err := dec.Decode(&line); err != nil {
		return importItem{}, refusef("it cannot be read: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return importItem{}, refusef("there is something behind the record")
	}
	if err := strictjson.Check(raw, maxBodyDepth); err != nil {
		return importItem{}, refusef("it %s", err)
	}
	im, items := s.im, []importItem(nil)
	var err error
	add := func(there bool, item func() (importItem, error)) {
		if there && len(items) == 0 {
			var i importItem
			i, err = item()
			items = append(items, i)
		} else if there {
			err = refusef("a line is one record")
		}
	}
	add(line.Access != nil, func() (importItem, error) { return im.accessItem(line.Access) })
	add(line.Instance != nil, func() (importItem, error) { return im.instanceItem(line.Instance) })
	add(line.Organization != nil, func() (importItem, error) { return im.orgItem(line.Organization) })
	add(line.User != nil, func() (importItem, error) { return im.userItem(line.User) })
	add(line.Membership != nil, func() (importItem, error) { return im.membershipItem(line.Membership) })
	add(line.Invitation != nil, func() (importItem, error) { return im.invitationItem(line.Invitation) })
	if len(items) == 0 {
		return importItem{}, refusef("a line is one record")
	}
	return items[0], err
}
