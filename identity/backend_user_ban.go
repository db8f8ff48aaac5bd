package identity

import (
	"errors"
	"time"

	"github.com/usherauth/usher/wire"
)

const maxBulk = 50 // users of one call (protocol reference 7.3)

// setBanned bars a person from the instance or lets them in again. With a ban all sessions
// end: no token is renewed from then on (C11).
func (c *call) setBanned(tx Tx, u *User, banned bool) error {
	u.Banned, u.UpdatedAt = banned, c.now
	if !banned {
		return nil
	}
	return c.endOthers(tx, Session{UserID: u.ID}, "")
}

func banEvent(banned bool) string {
	if banned {
		return "user.banned"
	}
	return "user.unbanned"
}

// banUser bars a person from the instance, or lets them in again.
func banUser(banned bool) endpoint {
	return func(c *call) (any, error) {
		return c.changeUser(banEvent(banned), func(tx Tx, u *User) error { return c.setBanned(tx, u, banned) })
	}
}

// banUsers bars several people from the instance, or lets them in again: all or none.
func banUsers(banned bool) endpoint {
	return func(c *call) (any, error) {
		var in struct {
			IDs []string `json:"user_ids"`
		}
		if err := c.readJSON(&in); err != nil {
			return nil, err
		}
		if len(in.IDs) == 0 {
			return nil, missingParam("user_ids")
		}
		if len(in.IDs) > maxBulk {
			return nil, invalid("user_ids", wire.CodeParamFormatInvalid, "user_ids may have at most 50 values.")
		}
		var out []*wire.User
		err := c.update(c.r.Context(), func(tx Tx) error {
			out = nil
			for _, id := range in.IDs {
				u, err := found(tx.User(id))
				if err != nil {
					return err
				}
				if err := c.setBanned(tx, &u, banned); err != nil {
					return err
				}
				if err := errors.Join(tx.PutUser(u), c.record(tx, AuditEvent{Type: banEvent(banned), UserID: u.ID})); err != nil {
					return err
				}
				out = append(out, c.fullUserJSON(u, c.now))
			}
			return nil
		})
		return out, err
	}
}

// lockUser keeps a person from signing in for as long as the longest lock lasts. Sessions
// go on.
func lockUser(c *call) (any, error) {
	return c.changeUser("user.locked", func(_ Tx, u *User) error {
		u.LockedUntil = c.now.Add(longestLock)
		return nil
	})
}

// unlockUser ends a lock and forgets the wrong passwords that led to it.
func unlockUser(c *call) (any, error) {
	return c.changeUser("user.unlocked", func(_ Tx, u *User) error {
		u.LockedUntil, u.FailedAttempts = time.Time{}, 0
		return nil
	})
}
