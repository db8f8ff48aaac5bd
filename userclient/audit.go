package userclient

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// AuditEvents returns what happened to a user's account, newest first and at most limit
// events, 1 to 500; 0 is the API's default of 10. The audit log is the embedded service's:
// on a hosted instance, which has none, the error matches [ErrNotFound].
func (u Users) AuditEvents(ctx context.Context, id string, limit int) ([]AuditEvent, error) {
	const op = "list audit events"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	query := url.Values{"user_id": {id}}
	if err := addPage(query, op, limit, 0); err != nil {
		return nil, err
	}
	return fetchList(ctx, u.conn, request{op: op, method: http.MethodGet, path: "/audit_events", query: query},
		func(got *AuditEvent) error {
			if got.Object != "audit_event" || string(got.UserID) != id {
				return fmt.Errorf("answer is about %.40q of %.80q, not about the user that was asked for", got.Object, string(got.UserID))
			}
			return nil
		})
}
