package identity

import "errors"

// createSession signs a person in to a client that no browser has: for tests of apps. Its
// tokens come from /sessions/{id}/tokens.
func createSession(c *call) (any, error) {
	var in struct {
		UserID string `json:"user_id"`
		OrgID  string `json:"active_organization_id"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if in.UserID == "" {
		return nil, missingParam("user_id")
	}
	client := Client{ID: newID(prefixClient), SecretHash: hashSecret(newClientSecret()), CreatedAt: c.now, UpdatedAt: c.now}
	s := c.newSession(client.ID, in.UserID)
	s.IPAddress, s.UserAgent = "", "" // those of the server that asks say nothing
	client.LastActiveSessionID = s.ID
	err := c.update(c.r.Context(), func(tx Tx) error {
		u, err := found(tx.User(in.UserID))
		if err != nil {
			return err
		}
		if u.Banned {
			return userBanned()
		}
		if err := setActive(tx, &s, in.OrgID); err != nil {
			return err
		}
		u.LastSignInAt, u.LastActiveAt = c.now, c.now
		created := AuditEvent{Type: "session.created", UserID: u.ID, SessionID: s.ID}
		return errors.Join(tx.PutUser(u), tx.PutClient(client), tx.PutSession(s), c.record(tx, created))
	})
	if err != nil {
		return nil, err
	}
	return backendSession(s, c.now), nil
}
