package identity

import (
	"context"
	"errors"
	"time"
)

const (
	// purgeAfter keeps what ended for a day, so that the Backend API can still tell how,
	// and an image for a day after it was put, whoever shows it.
	purgeAfter = 24 * time.Hour
	// purgeAtOnce bounds how long one transaction of the purge holds up writers.
	purgeAtOnce = 500
)

// start begins what runs in the background, owned by Close: sending mail, and the purge.
func (s *Service) start() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.outbox.Start(ctx, &s.done)
	if s.cfg.PurgeInterval < 0 {
		return
	}
	s.done.Go(func() {
		tick := time.NewTicker(s.cfg.PurgeInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.purge(ctx)
			}
		}
	})
}

// purge deletes what has had its time: sessions, attempts, grants and clients, images that
// nobody shows any more, and audit events beyond their retention.
func (s *Service) purge(ctx context.Context) {
	ended := s.now().Add(-purgeAfter)
	s.purgeKind(ctx, "expired", func(tx Tx) (int64, bool, error) {
		n, err1 := tx.DeleteExpired(ended)
		m, err2 := s.deleteUnfinished(tx)
		return n + m, false, errors.Join(err1, err2)
	})
	s.purgeKind(ctx, "images", func(tx Tx) (int64, bool, error) {
		n, err := tx.DeleteUnusedImages(ended, purgeAtOnce)
		return n, n == purgeAtOnce, err
	})
	if s.cfg.AuditRetention < 0 {
		return
	}
	old := s.now().Add(-s.cfg.AuditRetention)
	s.purgeKind(ctx, "audit_events", func(tx Tx) (int64, bool, error) {
		n, err := tx.DeleteAuditEvents(old, purgeAtOnce)
		return n, n == purgeAtOnce, err
	})
}

// purgeKind runs part in transactions of its own until there is no more. What could not
// be deleted is there for the next purge.
func (s *Service) purgeKind(ctx context.Context, kind string, part func(Tx) (n int64, more bool, err error)) {
	total := int64(0)
	for more := true; more; {
		var n int64
		err := s.cfg.Store.Update(ctx, func(tx Tx) (err error) {
			n, more, err = part(tx)
			return err
		})
		if err != nil {
			if ctx.Err() == nil {
				s.log.WarnContext(ctx, "not purged", "kind", kind, "err", err)
			}
			return
		}
		total += n
	}
	s.log.DebugContext(ctx, "purged", "kind", kind, "count", total)
}
