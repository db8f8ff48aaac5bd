package identity

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/web"
)

// newRefusals lets 20 refusals of a type into the log at once, and then one in ten seconds.
func newRefusals(now func() time.Time) *web.Sampler { return web.NewSampler(20, 10*time.Second, now) }

// record writes e down in the transaction that does what it tells of: neither is there
// without the other (I28). It fills in the id, the time and where the request came from.
// The log hears of it once the transaction is in.
func (c *call) record(tx Tx, e AuditEvent) error {
	e = byActor(c.session, e)
	e.ID, e.At = newID(prefixAuditEvent), c.now
	e.IPAddress, e.UserAgent = c.caller.address(), cutUserAgent(c.r.UserAgent())
	c.recorded = append(c.recorded, e)
	return tx.PutAuditEvent(e)
}

// note records an event of the service itself, which no request caused: its operator's
// doing.
func (s *Service) note(tx Tx, kind string, pairs ...string) error {
	return tx.PutAuditEvent(AuditEvent{ID: newID(prefixAuditEvent), Type: kind, Data: detail(pairs...), At: s.now()})
}

// detail is the Data of an audit event. It takes ids, names of roles and counts: nothing
// secret, and nothing that names a person.
func detail(pairs ...string) json.RawMessage {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	out, err := json.Marshal(m)
	if err != nil {
		return nil // cannot happen for strings
	}
	return out
}

// update is [Service.update], logging what fn recorded. fn may be run again; what an
// earlier run recorded is forgotten with it.
func (c *call) update(ctx context.Context, fn func(Tx) error) error {
	err := c.Service.update(ctx, func(tx Tx) error {
		c.recorded = nil
		return fn(tx)
	})
	if err != nil {
		c.recorded = nil
		return c.recordTurnedAway(ctx, err)
	}
	for _, e := range c.recorded {
		attrs := append(auditAttrs(e), slog.String("trace_id", c.traceID))
		if strings.HasSuffix(e.Type, ".refused") { // strangers cause them; the store has all of them
			suppressed, ok := c.refusals.Take(e.Type)
			if !ok {
				continue
			}
			if suppressed > 0 {
				attrs = append(attrs, slog.Int64("suppressed", suppressed))
			}
		}
		c.log.LogAttrs(ctx, slog.LevelInfo, "audit", attrs...)
	}
	c.recorded = nil
	return nil
}

// recordTurnedAway writes down what an error is to leave behind of the transaction that it
// ended, whoever goes away before the answer.
func (c *call) recordTurnedAway(ctx context.Context, err error) error {
	var refused *apiError
	if !errors.As(err, &refused) || refused.event == nil {
		return err
	}
	return cmp.Or(c.recordOfLiving(ctx, *refused.event), err)
}

// recordOfLiving writes e down after the transaction that it tells of. Whoever was deleted
// in between leaves ids only (V09): no event with a place follows that of the deletion.
func (c *call) recordOfLiving(ctx context.Context, e AuditEvent) error {
	return c.update(context.WithoutCancel(ctx), func(tx Tx) error {
		gone, err := c.gone(tx, e.UserID)
		if err != nil || gone {
			return err
		}
		return c.record(tx, e)
	})
}

// gone reports somebody who is not there any more. For nobody, "", whoever was tried last is
// looked up, so that both are the same work.
func (c *call) gone(tx Tx, userID string) (bool, error) {
	id := userID
	if last := c.lastTried.Load(); id == "" && last != nil {
		id = *last
	}
	_, err := tx.User(id)
	if errors.Is(err, ErrNotFound) {
		return userID != "", nil
	}
	return false, err
}

// auditAttrs are the event as it is logged.
func auditAttrs(e AuditEvent) []slog.Attr {
	list := []slog.Attr{slog.String("event", e.Type)}
	for _, a := range []struct{ key, value string }{
		{"user_id", e.UserID}, {"actor_id", e.ActorID}, {"session_id", e.SessionID}, {"org_id", e.OrgID}, {"ip", e.IPAddress},
	} {
		if a.value != "" {
			list = append(list, slog.String(a.key, a.value))
		}
	}
	if len(e.Data) > 0 {
		list = append(list, slog.String("data", string(e.Data)))
	}
	return list
}
