package identity

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

// lane is whose places a mail takes.
type lane int

const (
	codeMail lane = iota // people wait for it
	invitationMail
	noticeMail // to tell the owner of an account that something was changed
)

// reservation is a number of places in a lane.
type reservation struct {
	n       int
	lane    lane
	network string // who asked for codes; "" for others
}

// errand is a mail that is to be sent.
type errand struct {
	kind string
	// compose writes the mail; one without an address is not sent. What depends on whether
	// there is an account belongs in here, where no request waits for it.
	compose func() Mail
	place   reservation
	tries   int // that failed
}

// outbox sends mail after the request that asked for it was answered. Requests reserve places
// before they change anything, so that mail that was promised is never dropped for want of room.
// Mail that could not be sent keeps its place and waits for the next try outside of the workers,
// behind all mail that is new. It is safe for concurrent use.
type outbox struct {
	send   func(context.Context, Mail) error // nil: there is no mail
	urgent chan errand                       // people wait for them
	bulk   chan errand
	log    *slog.Logger
	pause  time.Duration

	done    atomic.Int64 // tries that ended
	closing chan struct{}

	mu       sync.Mutex
	closed   bool
	used     [noticeMail + 1]int // places that are reserved, or taken by mail that is not done with
	networks map[string]int      // of these, those that each network's codes take
	paused   map[*time.Timer]errand
}

func newOutbox(send func(context.Context, Mail) error, log *slog.Logger) *outbox {
	const room = outboxSize + noticeSize
	return &outbox{
		send: send, urgent: make(chan errand, room), bulk: make(chan errand, room), log: log, pause: mailPause,
		closing: make(chan struct{}), networks: make(map[string]int), paused: make(map[*time.Timer]errand),
	}
}

func (o *outbox) usable() bool { return o.send != nil }

// pending is how many places are taken.
func (o *outbox) pending() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, used := range o.used {
		n += used
	}
	return n
}

// reserve takes places, all or none.
func (o *outbox) reserve(r reservation) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	fits := o.used[codeMail]+o.used[invitationMail]+r.n <= outboxSize
	switch r.lane {
	case noticeMail:
		fits = o.used[noticeMail]+r.n <= noticeSize
	case invitationMail:
		fits = fits && o.used[invitationMail]+r.n <= bulkSize
	case codeMail:
		fits = fits && (r.network == "" || o.networks[r.network]+r.n <= networkSize)
	}
	if fits = fits && !o.closed; fits {
		o.take(r)
	}
	return fits
}

// take counts places, or gives them back where n is negative. The lock is held.
func (o *outbox) take(r reservation) {
	o.used[r.lane] += r.n
	if r.network == "" {
		return
	}
	if o.networks[r.network] += r.n; o.networks[r.network] == 0 {
		delete(o.networks, r.network)
	}
}

// release gives places back.
func (o *outbox) release(r reservation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.n = -r.n
	o.take(r)
}

// put queues an errand that has a place, which it gives back when it is done. The queues have
// room for all places.
func (o *outbox) put(e errand) {
	if e.place.lane == invitationMail || e.tries > 0 {
		o.bulk <- e
	} else {
		o.urgent <- e
	}
}

// start runs the workers. When ctx ends, they send what waits and end too.
func (o *outbox) start(ctx context.Context, running *sync.WaitGroup) {
	if !o.usable() {
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
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	for timer, e := range o.paused {
		timer.Stop()
		o.put(e)
	}
	clear(o.paused)
	close(o.closing)
}

// work sends mail until sending ends, or the outbox is closed and empty.
func (o *outbox) work(sending context.Context) {
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
func (o *outbox) giveUp(sending context.Context, stop func()) {
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
func (o *outbox) forget() {
	lost := map[string]int{}
	for {
		select {
		case e := <-o.urgent:
			lost[e.kind]++
			o.release(e.place)
		case e := <-o.bulk:
			lost[e.kind]++
			o.release(e.place)
		default:
			for kind, n := range lost {
				o.log.Warn("mail given up: the service ends", "kind", kind, "count", n)
			}
			return
		}
	}
}

// deliver tries once, and at the end of the Service until it is done with the mail.
func (o *outbox) deliver(ctx context.Context, e errand) {
	m := e.compose()
	e.compose = func() Mail { return m } // a code is looked up once
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
		pause := o.pause << (e.tries - 1)
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
	o.release(e.place)
}

// later queues an errand after a pause. It does not when the outbox is closed: nobody would
// wait for it.
func (o *outbox) later(e errand, pause time.Duration) bool {
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
			o.put(e)
		}
	})
	o.paused[timer] = e
	return true
}

// try sends once. A sender that panics has failed, and the next mail is sent all the same.
func (o *outbox) try(ctx context.Context, m Mail) (err error) {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	defer func() {
		if recover() != nil {
			err = errors.New("identity: SendMail panicked")
		}
	}()
	return o.send(ctx, m)
}

// reserveMail takes places for the mail that the request will send, or refuses the request
// when there is no room. Call it before anything is changed, also when nobody will be written to.
// What is not used is given back at the end of the request.
func (c *call) reserveMail(n int, lane lane) error {
	if !c.outbox.usable() || n == 0 {
		return nil
	}
	r := reservation{n: n, lane: lane}
	if lane == codeMail && !c.trusted {
		r.network = c.caller.network()
	}
	if !c.outbox.reserve(r) {
		return unavailable(5 * time.Second)
	}
	c.places = r
	return nil
}

// post sends mail once the answer is written, at a place that was reserved.
func (c *call) post(kind string, compose func() Mail) {
	if c.outbox.usable() {
		c.errands = append(c.errands, errand{kind: kind, compose: compose})
	}
}

// postLetter is post for mail that is written already.
func (c *call) postLetter(m Mail) {
	c.post(m.Kind, func() Mail { return m })
}

// sendPosted hands over what was posted and gives back the other places.
func (c *call) sendPosted() {
	if c.places.n == 0 {
		return
	}
	for _, e := range c.errands {
		e.place = reservation{1, c.places.lane, c.places.network}
		c.outbox.put(e)
	}
	unused := c.places
	unused.n -= len(c.errands)
	c.outbox.release(unused)
	c.places, c.errands = reservation{}, nil
}
