package mail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	outboxSize    = 256
	bulkSize      = outboxSize * 3 / 4 // places for invitations: codes have room beside them
	networkSize   = outboxSize / 2     // places for the codes that one network asks for
	noticeSize    = 64                 // places beside the others, for mail that tells owners of a change
	outboxWorkers = 4
	mailTimeout   = 30 * time.Second // of one try
	mailTries     = 3
	mailPause     = 2 * time.Second // before the second try; twice that before the third

	// At the end of the Service the outbox is emptied, for drainTime at most, and only while
	// mail is sent: a mail server that hangs does not hold up the end.
	drainTime = 20 * time.Second
	drainIdle = 5 * time.Second
)

// Lane is whose places a mail takes.
type Lane int

// The lanes.
const (
	Codes       Lane = iota // people wait for them
	Invitations             // they may wait behind codes
	Notices                 // tell the owner of an account that something was changed
)

// Reservation is a number of places in a lane.
type Reservation struct {
	N       int
	Lane    Lane
	Network string // who asked for codes; "" for others
}

// Errand is a mail that is to be sent.
type Errand struct {
	Kind string
	// Compose writes the mail; one without an address is not sent. What depends on whether
	// there is an account belongs in here, where no request waits for it.
	Compose func() Mail
	Place   Reservation
	tries   int // that failed
}

// Outbox sends mail after the request that asked for it was answered. Requests reserve places
// before they change anything, so that mail that was promised is never dropped for want of room.
// Mail that could not be sent keeps its place and waits for the next try outside of the workers,
// behind all mail that is new. It is safe for concurrent use.
type Outbox struct {
	// Pause is the wait before the second try, twice which is that before the third. It is
	// not changed after Start.
	Pause time.Duration

	send   func(context.Context, Mail) error // nil: there is no mail
	urgent chan Errand                       // people wait for them
	bulk   chan Errand
	log    *slog.Logger

	done    atomic.Int64 // tries that ended
	closing chan struct{}

	mu       sync.Mutex
	closed   bool
	used     [Notices + 1]int // places that are reserved, or taken by mail that is not done with
	networks map[string]int   // of these, those that each network's codes take
	paused   map[*time.Timer]Errand
}

// NewOutbox returns an outbox that calls send for each mail, from several goroutines at once.
// If send is nil, the outbox takes no mail. What fails is logged to log, which is not nil.
func NewOutbox(send func(context.Context, Mail) error, log *slog.Logger) *Outbox {
	const room = outboxSize + noticeSize
	return &Outbox{
		send: send, urgent: make(chan Errand, room), bulk: make(chan Errand, room), log: log, Pause: mailPause,
		closing: make(chan struct{}), networks: make(map[string]int), paused: make(map[*time.Timer]Errand),
	}
}

// Usable reports whether there is mail at all.
func (o *Outbox) Usable() bool { return o.send != nil }

// Pending is how many places are taken.
func (o *Outbox) Pending() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, used := range o.used {
		n += used
	}
	return n
}

// Reserve takes places, all or none.
func (o *Outbox) Reserve(r Reservation) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	fits := o.used[Codes]+o.used[Invitations]+r.N <= outboxSize
	switch r.Lane {
	case Notices:
		fits = o.used[Notices]+r.N <= noticeSize
	case Invitations:
		fits = fits && o.used[Invitations]+r.N <= bulkSize
	case Codes:
		fits = fits && (r.Network == "" || o.networks[r.Network]+r.N <= networkSize)
	}
	if fits = fits && !o.closed; fits {
		o.take(r)
	}
	return fits
}

// take counts places, or gives them back where n is negative. The lock is held.
func (o *Outbox) take(r Reservation) {
	o.used[r.Lane] += r.N
	if r.Network == "" {
		return
	}
	if o.networks[r.Network] += r.N; o.networks[r.Network] == 0 {
		delete(o.networks, r.Network)
	}
}

// Release gives places back.
func (o *Outbox) Release(r Reservation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.N = -r.N
	o.take(r)
}

// Put queues an Errand that has a place, which it gives back when it is done. The queues have
// room for all places.
func (o *Outbox) Put(e Errand) {
	if e.Place.Lane == Invitations || e.tries > 0 {
		o.bulk <- e
	} else {
		o.urgent <- e
	}
}

// Start runs the workers. When ctx ends, they send what waits and end too.
func (o *Outbox) Start(ctx context.Context, running *sync.WaitGroup) {
	if !o.Usable() {
		return
	}
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	for range outboxWorkers {
		workers.Go(func() { o.work(sending) })
	}
	running.Go(func() {
		<-ctx.Done()
		o.close()
		go o.giveUp(sending, stop)
		workers.Wait()
		stop()
		o.forget()
	})
}

// close takes no more mail, and queues what waits for its next try.
func (o *Outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	for timer, e := range o.paused {
		timer.Stop()
		o.Put(e)
	}
	clear(o.paused)
	close(o.closing)
}

// work sends mail until sending ends, or the outbox is closed and empty.
func (o *Outbox) work(sending context.Context) {
	for sending.Err() == nil {
		select {
		case e := <-o.urgent:
			o.deliver(sending, e)
			continue
		default:
		}
		select {
		case e := <-o.urgent:
			o.deliver(sending, e)
		case e := <-o.bulk:
			o.deliver(sending, e)
		case <-sending.Done():
			return
		case <-o.closing:
			select {
			case e := <-o.urgent:
				o.deliver(sending, e)
			case e := <-o.bulk:
				o.deliver(sending, e)
			default:
				return
			}
		}
	}
}

// giveUp calls stop when draining takes too long, or nothing was sent for too long.
func (o *Outbox) giveUp(sending context.Context, stop func()) {
	last, ended := o.done.Load(), time.After(drainTime)
	for {
		select {
		case <-sending.Done():
			return
		case <-ended:
			stop()
			return
		case <-time.After(drainIdle):
			now := o.done.Load()
			if now == last {
				stop()
				return
			}
			last = now
		}
	}
}

// forget logs the mail that is given up at the end.
func (o *Outbox) forget() {
	lost := map[string]int{}
	for {
		select {
		case e := <-o.urgent:
			lost[e.Kind]++
			o.Release(e.Place)
		case e := <-o.bulk:
			lost[e.Kind]++
			o.Release(e.Place)
		default:
			for kind, n := range lost {
				o.log.Warn("mail given up: the service ends", "kind", kind, "count", n)
			}
			return
		}
	}
}

// deliver tries once, and at the end of the Service until it is done with the mail.
func (o *Outbox) deliver(ctx context.Context, e Errand) {
	m := e.Compose()
	e.Compose = func() Mail { return m } // a code is looked up once
	for m.To != "" {                     // else there is nobody to write to
		err := o.try(ctx, m)
		if err == nil {
			o.log.DebugContext(ctx, "mail sent", "mail", m)
			break
		}
		if e.tries++; e.tries == mailTries || ctx.Err() != nil {
			o.log.WarnContext(ctx, "mail not sent", "mail", m, "tries", e.tries, "err", m.without(err))
			break
		}
		pause := o.Pause << (e.tries - 1)
		if o.later(e, pause) {
			o.done.Add(1)
			return
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	o.done.Add(1)
	o.Release(e.Place)
}

// later queues an Errand after a pause. It does not when the outbox is closed: nobody would
// wait for it.
func (o *Outbox) later(e Errand, pause time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	var timer *time.Timer
	timer = time.AfterFunc(pause, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if _, waits := o.paused[timer]; waits {
			delete(o.paused, timer)
			o.Put(e)
		}
	})
	o.paused[timer] = e
	return true
}

// try sends once. A sender that panics has failed, and the next mail is sent all the same.
func (o *Outbox) try(ctx context.Context, m Mail) (err error) {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	defer func() {
		if recover() != nil {
			err = errors.New("mail: SendMail panicked")
		}
	}()
	return o.send(ctx, m)
}
