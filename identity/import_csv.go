package identity

import (
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
)

// csvSource reads the users that a hosted instance's dashboard exports: one a row, under a
// row with the names of columns, also after a spreadsheet saved it. Columns may be in any
// order and some may be missing; those that mean nothing here are counted as left out where
// they hold something.
type csvSource struct {
	im      *importer
	rows    *csvReader
	columns map[string]int
	unknown []string       // names of columns that are not known
	lines   map[uint64]int // where a row with this id was, by the hash of the id
	seed    maphash.Seed
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
	src := &csvSource{im: im, rows: newCSVReader(in), columns: map[string]int{}, lines: map[uint64]int{}, seed: maphash.MakeSeed()}
	header, err := src.rows.header()
	if err != nil {
		return nil, fmt.Errorf("the input is neither an export of web export nor a CSV file: %w", err)
	}
	for i, name := range header.cells {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" { // spreadsheets save columns that were used once
			continue
		}
		if _, ok := src.columns[name]; ok {
			return nil, fmt.Errorf("the column %q is there twice: delete one of the two", clip(name))
		}
		src.columns[name] = i
		if !slices.Contains(csvColumns, name) && csvLeftOut[name] == "" {
			src.unknown = append(src.unknown, name)
		}
	}
	for _, name := range []string{"id", "primary_email_address"} {
		if _, ok := src.columns[name]; !ok {
			return nil, fmt.Errorf("the input is no export of users: its first row names no column %s; "+
				"save it as CSV in UTF-8, with the names of columns as they were exported", name)
		}
	}
	return src, nil
}

func (s *csvSource) next() (importItem, error) {
	row, err := s.rows.read()
	if err != nil {
		return importItem{}, err // io.EOF among others
	}
	item := importItem{kind: "user", line: row.line}
	switch {
	case row.foreign:
		return item, refusef("its text is neither UTF-8 nor Windows-1252: save the file as CSV in UTF-8")
	case row.open:
		return item, refusef("a quote at the beginning of a cell is not closed: close it, or double the quotes in the cell and put it in quotes")
	case !s.aligned(row.cells):
		return item, refusef("the row has %d columns, not %d as the first row: a cell with %q in it has to be in quotes",
			len(row.cells), s.rows.columns, s.rows.comma)
	}
	item, err = s.item(csvRow{s, row.cells}, row.line)
	item.line = row.line
	if row.decoded && err == nil {
		item.lost = append(item.lost, importLoss{text: "its text is not UTF-8 and was read as Windows-1252: check its names"})
	}
	return item, err
}

// aligned reports whether the cells of a row are those of the columns. Spreadsheets add empty
// cells at the end; if there are some, the cells before them may be shifted all the same.
func (s *csvSource) aligned(cells []string) bool {
	if len(cells) <= s.rows.columns {
		return len(cells) == s.rows.columns
	}
	_, err := normalizeEmail(strings.TrimSpace(cells[s.columns["primary_email_address"]]))
	shifted := err != nil && strings.TrimSpace(cells[s.columns["primary_email_address"]]) != ""
	return !shifted && strings.TrimSpace(strings.Join(cells[s.rows.columns:], "")) == ""
}

// once refuses an id that an earlier row had: which of the two is right cannot be told.
func (s *csvSource) once(id string, line int) error {
	key := maphash.String(s.seed, id)
	if earlier, ok := s.lines[key]; ok {
		return refusef("its id is already that of line %d: delete one of the two, or give this user an id of its own", earlier)
	}
	s.lines[key] = line
	return nil
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
	return strings.TrimSpace(r.cells[i])
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
	if err := s.once(u.ID, line); err != nil {
		return item, err
	}
	if u.PasswordHash != "" {
		u.PasswordAt = u.CreatedAt
	}
	item.lost = append(append(lost, unprovenLoss(u)...), s.leftOut(row)...)
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
