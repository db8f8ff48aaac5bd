package identity

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"golang.org/x/text/encoding/unicode"
)

// ImportOptions say how an import goes. The zero value takes what is new.
type ImportOptions struct {
	// Replace puts records in the place of those with the same id. Without it these
	// stay as they are, so that an import that was cut short can be run again.
	Replace bool

	// Keys makes this instance the one that was exported with [ExportOptions].Keys. No
	// other Service may have the store open, and this one must be closed afterwards.
	Keys bool

	// DropSecondFactors takes users who had an authenticator app, which this service
	// does not ask for: from then on their password alone opens the account. Without it
	// they are refused.
	DropSecondFactors bool

	// Gentle leaves the store to others about half of the time, in short turns: for an
	// import beside a running service, which would otherwise wait for its end.
	Gentle bool

	// Progress is told after each transaction how many records were read; nil is nobody.
	Progress func(records int64)

	// Notice is told of each record that was not taken, or not as a whole; nil is nobody.
	Notice func(ImportNotice)
}

// ImportNotice is about one record. It names records by id, never people.
type ImportNotice struct {
	Line    int    // in the input
	ID      string // of the record, "" when it could not be read
	Text    string // why
	Refused bool   // nothing of the record was taken
}

// ImportResult counts records by their kind: "user", "organization", "membership",
// "invitation", "access", "instance".
type ImportResult struct {
	Created, Replaced map[string]int64
	Kept              map[string]int64 // were there already
	Refused           map[string]int64 // with a notice for each
	// LeftOut counts what records lost, by what it was: "phone numbers".
	LeftOut map[string]int64
}

func newImportResult() ImportResult {
	return ImportResult{map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}}
}

// importBatch is how many records one transaction takes, enough to make its disk flush
// cheap. A gentle one holds the store for about ten milliseconds.
const (
	importBatch = 250
	gentleBatch = 40
)

// Import reads what [Service.Export] wrote, or the CSV file with the users of a hosted
// instance that its dashboard gives, in transactions of some hundreds of records each.
// What is not in order is refused and the rest goes on; the error is about what ends an
// import: input that is neither, a store that fails, ctx. The result says what was done
// until then; each record is in whole or not at all.
func (s *Service) Import(ctx context.Context, r io.Reader, o ImportOptions) (ImportResult, error) {
	im := &importer{service: s, options: o, result: newImportResult()}
	err := im.run(ctx, r)
	if im.result.changed() {
		err = errors.Join(err, s.cfg.Store.Update(context.WithoutCancel(ctx), func(tx Tx) error {
			return s.note(tx, "instance.imported", "records", strconv.FormatInt(im.read, 10), "keys", strconv.FormatBool(o.Keys))
		}))
	}
	if err != nil {
		err = fmt.Errorf("identity: import: %w", err)
	}
	return im.result, err
}

func (r ImportResult) changed() bool { return len(r.Created)+len(r.Replaced) > 0 }

// importer runs one import.
type importer struct {
	service *Service
	options ImportOptions
	result  ImportResult
	read    int64
}

// importItem is a record that was read and checked.
type importItem struct {
	kind, id string
	line     int
	// put stores the record unless it is there already and not to be replaced. An error
	// that is a *refusedRecord, ErrConflict or ErrNotFound is about this record alone.
	put  func(Tx) (importOutcome, error)
	lost []importLoss
}

// importLoss is a part of a record that is not taken with it. Without a text it is only
// counted, and without a name of what it is only told.
type importLoss struct{ what, text string }

type importOutcome int

const (
	recordCreated importOutcome = iota
	recordReplaced
	recordKept
)

// refusedRecord says why a record is not taken.
type refusedRecord struct{ text string }

func (e *refusedRecord) Error() string { return e.text }

func refusef(format string, args ...any) error { return &refusedRecord{fmt.Sprintf(format, args...)} }

// source reads records one by one. io.EOF is the end; a *refusedRecord comes with what is
// known of the record, and the next one can be read.
type source interface {
	next() (importItem, error)
}

func (im *importer) run(ctx context.Context, r io.Reader) error {
	src, err := im.open(r)
	if err != nil {
		return err
	}
	size := importBatch
	if im.options.Gentle {
		size = gentleBatch
	}
	batch := make([]importItem, 0, size)
	for end := false; !end; {
		batch = batch[:0]
		for len(batch) < size && !end {
			item, err := src.next()
			var refused *refusedRecord
			switch {
			case errors.Is(err, io.EOF):
				end = true
				continue
			case errors.As(err, &refused):
				im.refuse(item, refused.text)
			case err != nil:
				return errors.Join(im.store(ctx, batch), err)
			default:
				batch = append(batch, item)
			}
			im.read++
		}
		began := im.service.cfg.Now()
		if err := im.store(ctx, batch); err != nil {
			return err
		}
		if im.options.Gentle {
			pause(ctx, im.service.cfg.Now().Sub(began))
		}
		if im.options.Progress != nil {
			im.options.Progress(im.read)
		}
	}
	return nil
}

// pause waits as long as a turn took, and a little: whoever waits for the store looks
// again every few milliseconds.
func pause(ctx context.Context, turn time.Duration) {
	timer := time.NewTimer(max(turn, 0) + 5*time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// open looks at the beginning of the input to tell what it is.
func (im *importer) open(r io.Reader) (source, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if bom, _ := in.Peek(3); bytes.Equal(bom, []byte("\ufeff")) {
		_, _ = in.Discard(3) // was peeked at
	} else if bytes.HasPrefix(bom, []byte("\xff\xfe")) || bytes.HasPrefix(bom, []byte("\xfe\xff")) {
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder() // "Unicode text" of spreadsheets
		in = bufio.NewReaderSize(utf16.Reader(in), 64<<10)
	}
	first, err := in.Peek(1)
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the input is empty")
	}
	if err != nil {
		return nil, err
	}
	if first[0] == '{' {
		return im.openLines(in)
	}
	return im.openCSV(in)
}

// store puts a batch in one transaction. A record that cannot be stored is refused, and
// those before and behind it are stored without it.
func (im *importer) store(ctx context.Context, batch []importItem) error {
	for len(batch) > 0 {
		outcomes := make([]importOutcome, len(batch))
		failed := 0
		err := im.service.cfg.Store.Update(ctx, func(tx Tx) (err error) {
			for failed = range batch {
				if outcomes[failed], err = batch[failed].put(tx); err != nil {
					return err
				}
			}
			failed = len(batch)
			return nil
		})
		if err == nil {
			im.count(batch, outcomes)
			return nil
		}
		why, alone := aboutRecord(err)
		if !alone || failed == len(batch) {
			return err
		}
		if err := im.store(ctx, batch[:failed]); err != nil {
			return err
		}
		im.refuse(batch[failed], why)
		batch = batch[failed+1:]
	}
	return nil
}

// aboutRecord tells an error about one record from one of the store.
func aboutRecord(err error) (why string, alone bool) {
	var refused *refusedRecord
	switch {
	case errors.As(err, &refused):
		return refused.text, true
	case errors.Is(err, ErrConflict):
		return "something of it that is unique belongs to another record", true
	case errors.Is(err, ErrNotFound):
		return "something that it refers to does not exist", true
	}
	return "", false
}

func (im *importer) count(batch []importItem, outcomes []importOutcome) {
	for i, item := range batch {
		switch outcomes[i] {
		case recordCreated:
			im.result.Created[item.kind]++
		case recordReplaced:
			im.result.Replaced[item.kind]++
		case recordKept:
			im.result.Kept[item.kind]++
			continue
		}
		im.lose(item)
	}
}

// lose tells what a record that was taken is without.
func (im *importer) lose(item importItem) {
	for _, loss := range item.lost {
		if loss.what != "" {
			im.result.LeftOut[loss.what]++
		}
		if loss.text != "" {
			im.notice(ImportNotice{Line: item.line, ID: item.id, Text: loss.text})
		}
	}
}

func (im *importer) refuse(item importItem, why string) {
	kind := item.kind
	if kind == "" {
		kind = "unreadable"
	}
	im.result.Refused[kind]++
	im.notice(ImportNotice{Line: item.line, ID: item.id, Text: why, Refused: true})
}

func (im *importer) notice(n ImportNotice) {
	if im.options.Notice != nil {
		im.options.Notice(n)
	}
}
