package operate

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

const (
	progressAfter = time.Second      // shorter work says nothing
	progressEvery = time.Second      // on a terminal, where a line replaces the last one
	progressLines = 10 * time.Second // elsewhere
)

// progress tells on standard error how far long work is.
type progress struct {
	w           io.Writer
	now         func() time.Time
	terminal    bool
	start, last time.Time
	records     int64
	shown       bool
}

func (t *task) progress() *progress {
	p := &progress{w: t.Stderr, now: t.Now, start: t.Now()}
	p.last = p.start
	if f, ok := t.Stderr.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// update is told how many records are done.
func (p *progress) update(records int64) {
	p.records = records
	now := p.now()
	every := progressLines
	if p.terminal {
		every = progressEvery
	}
	if p.last.Equal(p.start) {
		every = progressAfter // the first line
	}
	if now.Sub(p.last) < every {
		return
	}
	p.last = now
	p.line(now)
}

func (p *progress) line(now time.Time) {
	text := fmt.Sprintf("%s records, %s a second", count(p.records), count(int64(float64(p.records)/now.Sub(p.start).Seconds())))
	if p.terminal {
		p.shown = true
		_, _ = fmt.Fprintf(p.w, "\r\x1b[K%s", text)
		return
	}
	_, _ = fmt.Fprintln(p.w, text)
}

// clear makes room for a line of another kind.
func (p *progress) clear() {
	if p.shown {
		_, _ = fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// end tells the whole, if anything was told.
func (p *progress) end() {
	p.clear()
	if now := p.now(); !p.last.Equal(p.start) && now.After(p.start) {
		p.terminal = false
		p.line(now)
	}
}

// count writes a number with commas.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
