package operate

import (
	"strings"
	"testing"
	"time"
)

func TestProgressIsShownOfLongWorkOnly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		terminal bool
		seconds  []float64 // of updates, 1,000 records each
		end      float64
		want     string
	}{
		"short work":    {false, []float64{0.1, 0.5, 0.9}, 0.99, ""},
		"long work":     {false, []float64{0.5, 1.2, 2, 11, 11.5}, 12, "2,000 records, 1,666 a second\n5,000 records, 434 a second\n5,000 records, 416 a second\n"},
		"on a terminal": {true, []float64{1.5, 2, 3}, 4, "\r\x1b[K1,000 records, 666 a second\r\x1b[K3,000 records, 1,000 a second\r\x1b[K3,000 records, 750 a second\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
			at := start
			p := &progress{w: &out, now: func() time.Time { return at }, terminal: tt.terminal, start: start, last: start}
			for i, s := range tt.seconds {
				at = start.Add(time.Duration(s * float64(time.Second)))
				p.update(int64(i+1) * 1000)
			}
			at = start.Add(time.Duration(tt.end * float64(time.Second)))
			p.end()
			if out.String() != tt.want {
				t.Errorf("printed\n%q, want\n%q", out.String(), tt.want)
			}
		})
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %s, want %s", n, got, want)
		}
	}
}
