package identity

import (
	"slices"
	"time"

	"github.com/usherauth/usher/wire"
)

// backendSessionRoutes are sessions and the browsers that they are in (protocol reference
// 7.3).
func backendSessionRoutes() routes {
	return join(routes{
		"/v1/sessions":                        {"GET": listSessions},
		"/v1/sessions/{id}":                   {"GET": getSession},
		"/v1/sessions/{id}/revoke":            {"POST": revokeSession},
		"/v1/sessions/{id}/tokens":            {"POST": backendToken},
		"/v1/sessions/{id}/tokens/{template}": {"POST": noTemplate},
		"/v1/sessions/{id}/refresh":           {"POST": refreshSession},

		"/v1/clients/{id}":              {"GET": backendClient},
		"/v1/clients/handshake_payload": {"GET": noHandshakePayload},
	}, notBuilt(
		"/v1/clients", "/v1/clients/verify",
		"/v1/sessions/{id}/verify",
	))
}

// sessionStatuses are the values of the status filter.
var sessionStatuses = []string{
	wire.SessionActive, wire.SessionPending, wire.SessionEnded, wire.SessionExpired,
	wire.SessionAbandoned, wire.SessionRemoved, wire.SessionReplaced, wire.SessionRevoked,
}

// listSessions needs at least one filter, so that nobody lists an instance by mistake.
func listSessions(c *call) (any, error) {
	status := c.query.Get("status")
	q := SessionQuery{UserID: c.query.Get("user_id"), ClientID: c.query.Get("client_id"), Status: storedStatus(status)}
	if q.UserID == "" && q.ClientID == "" && status == "" {
		return nil, invalid("user_id", wire.CodeParamMissing, "One of user_id, client_id and status is needed.")
	}
	if status != "" && !slices.Contains(sessionStatuses, status) {
		return nil, invalid("status", wire.CodeParamFormatInvalid, "This is not a status of sessions.")
	}
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	var all []Session
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		all, err = tx.Sessions(q)
		return err
	})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(s Session) bool { return status != "" && s.statusAt(c.now) != status })
	data := []wire.Session{}
	for _, s := range all[min(page.offset, len(all)):min(page.offset+page.limit, len(all))] {
		data = append(data, backendSession(s, c.now))
	}
	if c.query.Get("paginated") == "true" {
		return map[string]any{"data": data, "total_count": len(all)}, nil
	}
	return data, nil
}

// storedStatus is under which status the store has sessions of the given one: those that
// ran out are still stored as active, or as pending.
func storedStatus(status string) string {
	switch status {
	case wire.SessionExpired, wire.SessionAbandoned:
		return ""
	}
	return status
}

func getSession(c *call) (any, error) {
	var s Session
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		s, err = pathRecord(c, tx.Session)
		return err
	})
	return backendSession(s, c.now), err
}

// revokeSession ends a session. One that has ended already stays as it is.
func revokeSession(c *call) (any, error) {
	var s Session
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if s, err = pathRecord(c, tx.Session); err != nil || !s.live(c.now) {
			return err
		}
		return c.revoke(tx, &s)
	})
	if err != nil {
		return nil, err
	}
	return backendSession(s, c.now), nil
}

// backendToken mints a token of a live session; expires_in_seconds is 1 to 3600.
func backendToken(c *call) (any, error) {
	in := struct {
		Seconds *int `json:"expires_in_seconds"`
	}{}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	lifetime := c.cfg.TokenLifetime
	if in.Seconds != nil {
		if lifetime = time.Duration(*in.Seconds) * time.Second; *in.Seconds < 1 || *in.Seconds > int(maxTokenLifetime/time.Second) {
			return nil, invalid("expires_in_seconds", wire.CodeParamFormatInvalid, "expires_in_seconds must be a number from 1 to 3600.")
		}
	}
	var s Session
	var u User
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		if s, err = pathRecord(c, tx.Session); err == nil {
			u, err = tx.User(s.UserID)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !s.live(c.now) {
		return nil, notFound()
	}
	jwt, err := c.mint(s, u, lifetime)
	return tokenJSON(jwt), err
}

func noTemplate(*call) (any, error) { return nil, notFound() }

// noHandshakePayload: handshakes here carry no payload by reference.
func noHandshakePayload(*call) (any, error) { return nil, notFound() }

// backendClient shows a client with its live sessions.
func backendClient(c *call) (any, error) {
	var b *browser
	err := c.view(c.r.Context(), func(tx Tx) error {
		client, err := pathRecord(c, tx.Client)
		if err != nil {
			return err
		}
		b, err = loadBrowser(tx, client, c.now)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := wire.Client{
		Object: "client", ID: b.client.ID,
		SessionIDs: []string{}, Sessions: []wire.Session{},
		LastActiveSessionID: wire.NullString(b.client.LastActiveSessionID),
		CreatedAt:           millis(b.client.CreatedAt),
		UpdatedAt:           millis(b.client.UpdatedAt),
	}
	for _, s := range b.sessions {
		out.SessionIDs = append(out.SessionIDs, s.ID)
		out.Sessions = append(out.Sessions, backendSession(s, c.now))
	}
	return out, nil
}
