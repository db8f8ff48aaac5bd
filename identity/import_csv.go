package identity

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// csvSource reads the users that a hosted instance's dashboard exports: one a row, under a
// row with the names of columns. Columns may be in any order and some may be missing; those
// that mean nothing here are counted as left out where they hold something.
type csvSource struct {
	im      *importer
	rows    *csv.Reader
	columns map[string]int
	unknown []string // names of columns that are not known
}

// Columns of the export. The last seven are not in the dashboard's, but in what other tools
// make of the users, under these names.
var csvColumns = []string{
	"id", "first_name", "last_name", "username", "primary_email_address", "verified_email_addresses",
	"unverified_email_addresses", "totp_secret", "password_digest", "password_hasher",
	"external_id", "public_metadata", "private_metadata", "unsafe_metadata", "banned", "created_at", "updated_at",
}

// csvLeftOut are columns that are known and mean nothing here, by what they are counted as.
var csvLeftOut = map[string]string{
	"primary_phone_number": "phone numbers", "verified_phone_numbers": "phone numbers", "unverified_phone_numbers": "phone numbers",
}

func (im *importer) openCSV(in io.Reader) (source, error) {
	src := &csvSource{im: im, rows: csv.NewReader(in), columns: map[string]int{}}
	src.rows.ReuseRecord = true
	header, err := src.rows.Read()
	if err != nil {
		return nil, fmt.Errorf("the input is neither an export of web export nor a CSV file: %w", err)
	}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, ok := src.columns[name]; ok {
			return nil, fmt.Errorf("the column %q is there twice", clip(name))
		}
		src.columns[name] = i
		if !slices.Contains(csvColumns, name) && csvLeftOut[name] == "" {
			src.unknown = append(src.unknown, name)
		}
	}
	for _, name := range []string{"id", "primary_email_address"} {
		if _, ok := src.columns[name]; !ok {
			return nil, fmt.Errorf("the input is no export of users: its first row names no column %s", name)
		}
	}
	return src, nil
}

func (s *csvSource) next() (importItem, error) {
	row, err := s.rows.Read()
	if errors.Is(err, csv.ErrFieldCount) {
		line, _ := s.rows.FieldPos(0)
		return importItem{kind: "user", line: line}, refusef("the row has %d columns, not %d as the first row", len(row), len(s.columns))
	}
	if err != nil {
		return importItem{}, err // io.EOF, or a quote that was never closed: what follows is not known
	}
	line, _ := s.rows.FieldPos(0)
	item, err := s.item(csvRow{s, row}, line)
	item.line = line
	return item, err
}

// csvRow is a row by the names of columns.
type csvRow struct {
	source *csvSource
	cells  []string
}

// get is a cell, "" when there is no such column.
func (r csvRow) get(column string) string {
	i, ok := r.source.columns[column]
	if !ok {
		return ""
	}
	return strings.Clone(strings.TrimSpace(r.cells[i])) // the reader uses the row again
}

func (s *csvSource) item(row csvRow, line int) (importItem, error) {
	item := importItem{kind: "user", id: clip(row.get("id")), line: line}
	if row.get("totp_secret") != "" && !s.im.options.DropSecondFactors {
		return item, refusef("an authenticator app protects the account, which this service does not ask for: it is taken, with its password alone, only when that is asked for (-drop-second-factors)")
	}
	u, lost := csvUser(row)
	if err := csvValues(row, &u); err != nil {
		return item, err
	}
	if err := s.im.checkUser(&u); err != nil {
		return item, err
	}
	if u.PasswordHash != "" {
		u.PasswordAt = u.CreatedAt
	}
	item.lost = append(lost, s.leftOut(row)...)
	item.put = func(tx Tx) (importOutcome, error) {
		return s.im.putUser(tx, u.ID, func(old User) (User, error) { return s.over(old, u), nil })
	}
	return item, nil
}

// leftOut are the cells that mean nothing here.
func (s *csvSource) leftOut(row csvRow) (lost []importLoss) {
	if row.get("totp_secret") != "" {
		lost = append(lost, importLoss{"second factors", "its authenticator app was left out: the password alone opens the account"})
	}
	seen := map[string]bool{}
	for column := range s.columns {
		what := csvLeftOut[column]
		if slices.Contains(s.unknown, column) {
			what = "column " + clip(column)
		}
		if what != "" && !seen[what] && row.get(column) != "" {
			seen[what] = true
			lost = append(lost, importLoss{what: what})
		}
	}
	return lost
}
