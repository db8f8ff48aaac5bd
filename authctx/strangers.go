package authctx

import (
	"net/netip"
	"time"
)

// Calls of the Backend API that anybody can cause, with a nonce or a machine token that was
// made up, share an allowance for each of the two. A single network has half of it, so that it
// keeps nobody out alone. Behind a proxy whose middleware does not set the client's address,
// all are one network.
const (
	strangersRate = 40 // calls a second
	networkRate   = strangersRate / 2
	networksKept  = 1024
)

// strangers is such an allowance. Its user has a lock around it.
type strangers struct {
	all      bucket
	networks map[netip.Prefix]*bucket
}

func (s *strangers) take(from netip.Prefix, now time.Time) bool {
	if s.networks == nil {
		s.all.rate, s.networks = strangersRate, make(map[netip.Prefix]*bucket)
	}
	b := s.networks[from]
	if b == nil {
		if len(s.networks) >= networksKept {
			s.forget(now)
		}
		b = &bucket{rate: networkRate}
		s.networks[from] = b
	}
	return b.has(now) && s.all.take(now) && b.take(now)
}

// forget makes room: after a quiet second a network is as good as a new one. All are forgotten
// at last, and the common allowance holds.
func (s *strangers) forget(now time.Time) {
	for from, b := range s.networks {
		if now.Sub(b.last) >= time.Second {
			delete(s.networks, from)
		}
	}
	if len(s.networks) >= networksKept {
		clear(s.networks)
	}
}

// bucket allows rate events a second, and as many at once after a quiet second. Time that
// runs backwards allows nothing more.
type bucket struct {
	rate, left float64
	last       time.Time
}

// has reports that take would be allowed.
func (b *bucket) has(now time.Time) bool {
	if since := now.Sub(b.last).Seconds(); since > 0 {
		b.left = min(b.rate, b.left+since*b.rate)
	}
	b.last = now
	return b.left >= 1
}

func (b *bucket) take(now time.Time) bool {
	if !b.has(now) {
		return false
	}
	b.left--
	return true
}
