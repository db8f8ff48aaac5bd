package handlers

import (
	"errors"
	"net/http"
	"slices"

	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

// activityEvents is how far back a profile looks: enough that a run of wrong passwords,
// shown as one row, leaves room for what was before it.
const activityEvents = 100

// activity is what happened to the signed-in person's account, nil where the instance has
// no audit log. A hosted one says so once, and is then not asked again.
func (h *Handlers) activity(r *http.Request, userID string) []wire.AuditEvent {
	if h.cfg.Users == nil || h.noAudit.Load() {
		return nil
	}
	events, err := h.cfg.Users.Users.AuditEvents(r.Context(), userID, activityEvents)
	if errors.Is(err, userclient.ErrNotFound) {
		h.noAudit.Store(true)
		return nil
	}
	if err != nil { // the rest of the page is worth showing
		h.log.WarnContext(r.Context(), "recent activity not listed", "err", err)
		return nil
	}
	for i := range events {
		if !theirPlace(events[i]) {
			events[i].Activity = nil
		}
	}
	return events
}

// theirPlace reports whether the person may know from where an event came: what they did
// themselves, and tries at their password or a code. Where a colleague or an operator was is not
// theirs to know.
func theirPlace(e wire.AuditEvent) bool {
	return e.ActorID == e.UserID || slices.Contains([]string{"password.refused", "code.refused", "code.requested", "sign_in.refused"}, e.Type)
}
