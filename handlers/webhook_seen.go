package handlers

import (
	"strings"
	"sync"
	"time"
)

// What a webhook remembers of events that were handled. An hour covers the ten minutes in
// which a copied message could pass, and the first retries of a sender that missed the
// answer; an event sent again by hand later than that is handled again.
const (
	maxRecent = 4096
	recentFor = time.Hour
)

// recentIDs remembers which events are being handled and which were lately. Only ids whose
// signature was right may be told to it. The zero value is empty and ready; it is safe for
// concurrent use.
type recentIDs struct {
	mu    sync.Mutex
	known map[string]*recentID
	ring  []*recentID // the handled ones, to forget the oldest when there are many
	first int         // the oldest, once ring is full
}

type recentID struct {
	id   string
	done bool
	at   time.Time // when done
}

// progress is how far an event is.
type progress int

const (
	unseen progress = iota
	underWay
	handled
)

// begin says how far the event is. After unseen the caller handles it, and calls end.
func (m *recentIDs) begin(id string, now time.Time) progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.known[id]; e != nil {
		switch {
		case !e.done:
			return underWay
		case now.Sub(e.at) < recentFor:
			return handled
		}
	}
	if m.known == nil {
		m.known = make(map[string]*recentID)
	}
	id = strings.Clone(id) // or it would keep the whole of the request's headers
	m.known[id] = &recentID{id: id}
	return unseen
}

// end says whether the event was handled. One that was not may come again.
func (m *recentIDs) end(id string, now time.Time, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !ok {
		delete(m.known, id)
		return
	}
	e := m.known[id]
	e.done, e.at = true, now
	if len(m.ring) < maxRecent {
		m.ring = append(m.ring, e)
		return
	}
	if oldest := m.ring[m.first]; m.known[oldest.id] == oldest { // else it came again since
		delete(m.known, oldest.id)
	}
	m.ring[m.first] = e
	m.first = (m.first + 1) % maxRecent
}
