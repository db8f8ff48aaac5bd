package identity

import (
	"slices"

	"github.com/usherauth/usher/wire"
)

// backendSessionRoutes are sessions and the browsers that they are in (protocol reference
// 7.3).
func backendSessionRoutes() routes {
	return routes{
		"/v1/sessions":                        {"GET": listSessions, "POST": createSession},
		"/v1/sessions/{id}":                   {"GET": getSession},
		"/v1/sessions/{id}/revoke":            {"POST": revokeSession},
		"/v1/sessions/{id}/tokens":            {"POST": backendToken},
		"/v1/sessions/{id}/tokens/{template}": {"POST": backendTemplateToken},
		"/v1/sessions/{id}/verify":            {"POST": verifySession},
		"/v1/sessions/{id}/refresh":           {"POST": refreshSession},

		"/v1/clients":                   {"GET": listClients},
		"/v1/clients/{id}":              {"GET": getBackendClient},
		"/v1/clients/verify":            {"POST": verifyClient},
		"/v1/clients/handshake_payload": {"GET": spendNonce},
	}
}

// sessionStatuses are the values of the status filter.
var sessionStatuses = []string{
	wire.SessionActive, wire.SessionPending, wire.SessionEnded, wire.SessionExpired,
	wire.SessionAbandoned, wire.SessionRemoved, wire.SessionReplaced, wire.SessionRevoked,
}

// listSessions needs at least one filter, so that nobody lists an instance by mistake.
func listSessions(c *call) (any, error) {
	status := c.query.Get("status")
	q := SessionQuery{UserID: c.query.Get("user_id"), ClientID: c.query.Get("client_id"), Status: status, At: c.now}
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
	q.Limit, q.Offset = page.limit, page.offset
	data := []wire.Session{}
	var total int64
	err = c.view(c.r.Context(), func(tx Tx) error {
		found, err := tx.Sessions(q)
		if err != nil {
			return err
		}
		for _, s := range found {
			data = append(data, backendSession(s, c.now))
		}
		if c.paginated() {
			total, err = tx.CountSessions(q)
		}
		return err
	})
	return listed(c, data, total), err
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
		if s, err = pathRecord(c, tx.Session); err != nil || !isLive(s, c.now) {
			return err
		}
		return c.revoke(tx, &s, "")
	})
	if err != nil {
		return nil, err
	}
	return backendSession(s, c.now), nil
}
