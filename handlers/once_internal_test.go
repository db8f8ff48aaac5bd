package handlers

import (
	"encoding/binary"
	"net/http"
	"testing"
	"time"
)

// TestB6_FloodsDoNotTurnItOff: whoever fills the memory of submissions makes it forget the
// oldest, not miss what comes next.
func TestB6_FloodsDoNotTurnItOff(t *testing.T) {
	t.Parallel()
	var m submissions
	now := time.Unix(1_800_000_000, 0)
	submit := func(n uint64) (first bool) {
		var key submissionID
		binary.BigEndian.PutUint64(key[:], n)
		s, first := m.begin(key, byVisit, now)
		if first && s != nil {
			s.answer = &recorded{status: http.StatusSeeOther}
			m.finish(key, s, now, rememberedLonger)
		}
		now = now.Add(time.Microsecond)
		return first
	}
	for n := range uint64(maxSubmissions + 100) {
		if !submit(n) {
			t.Fatalf("form %d is taken for an earlier one", n)
		}
	}
	if submit(maxSubmissions + 99) {
		t.Error("the second submission of a form that came after a flood counts as another")
	}
	if !submit(0) {
		t.Error("the oldest is remembered, so there is no bound")
	}
	if len(m.known) > maxSubmissions {
		t.Errorf("%d are remembered", len(m.known))
	}
}
