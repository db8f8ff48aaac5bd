package identity

import (
	"net/http"

	"github.com/usherauth/usher/wire"
)

// deleteMe deletes the person's account and signs it out everywhere: DELETE /me. Sessions
// of other people in the same browser go on.
func deleteMe(c *call) (any, error) {
	var m me
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, err = c.me(tx); err != nil {
			return err
		}
		if m.user.MayNotDelete {
			return refuse(http.StatusForbidden, wire.CodeAuthorizationInvalid, "You cannot delete this account yourself.")
		}
		if err := c.requireFresh(m.session); err != nil {
			return err
		}
		if m.browser, err = c.endSessions(tx, m.browser, wire.SessionRemoved, m.session); err != nil {
			return err
		}
		return c.eraseUser(tx, m.user, AuditEvent{Type: "user.deleted", UserID: m.user.ID, ActorID: m.user.ID})
	})
	if err != nil {
		return nil, err
	}
	if err := c.signedOutCookies(m.browser); err != nil {
		return nil, err
	}
	return c.wrap(wire.Deleted{Object: "user", ID: m.user.ID, Deleted: true}, m.browser)
}
