package userclient

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Sessions reads and revokes sessions. Use it as [Client].Sessions. Nothing it
// returns is remembered: whoever asks for a session wants its present state.
type Sessions struct{ conn *conn }

// Get returns the session with this id. The error matches [ErrNotFound] if there is
// no such session, [ErrUnavailable] if the API could not say.
func (s Sessions) Get(ctx context.Context, id string) (*Session, error) {
	return s.one(ctx, "get session", http.MethodGet, id, "")
}

// Revoke ends the session: from now on its client gets no new token for it. Tokens it
// already has stay valid until they expire, within 60 seconds. The call is sent once;
// after an error that matches [ErrUnavailable] it may or may not have taken effect, and
// it can be repeated.
func (s Sessions) Revoke(ctx context.Context, id string) (*Session, error) {
	return s.one(ctx, "revoke session", http.MethodPost, id, "/revoke")
}

func (s Sessions) one(ctx context.Context, op, method, id, action string) (*Session, error) {
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	r := request{op: op, method: method, path: "/sessions/" + id + action}
	return fetch(ctx, s.conn, r, func(got *Session) error { return checkSession(got, id) })
}

// SessionListParams selects sessions. The API wants UserID or ClientID.
type SessionListParams struct {
	UserID   string
	ClientID string
	Status   string // one of the wire.Session… statuses; "" is any
	Limit    int    // page size, 1 to 500; 0 is the API's default of 10
	Offset   int    // sessions to skip
}

// List returns the sessions that p selects, an empty slice if there are none.
func (s Sessions) List(ctx context.Context, p SessionListParams) ([]Session, error) {
	const op = "list sessions"
	query := url.Values{}
	if err := addPage(query, op, p.Limit, p.Offset); err != nil {
		return nil, err
	}
	addText(query, "user_id", p.UserID)
	addText(query, "client_id", p.ClientID)
	addText(query, "status", p.Status)
	return fetchList(ctx, s.conn, request{op: op, method: http.MethodGet, path: "/sessions", query: query},
		func(got *Session) error { return checkSession(got, "") })
}

// checkSession refuses an answer about something else. id "" is any session.
func checkSession(s *Session, id string) error {
	if s.Object != "session" || s.ID == "" || id != "" && s.ID != id {
		return fmt.Errorf("answer is about %.40q %.80q, not about the session that was asked for", s.Object, s.ID)
	}
	return nil
}
