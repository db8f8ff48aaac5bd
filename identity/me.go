package identity

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// me is the person a request acts for: the user of the session that _clerk_session_id
// names, or of the one used last (protocol reference 8.2).
type me struct {
	browser *browser
	session Session
	user    User
}

func (c *call) me(tx Tx) (me, error) {
	b, err := c.requireBrowser(tx)
	if err != nil {
		return me{}, err
	}
	s, ok := b.session(c.query.Get("_clerk_session_id"))
	if !ok {
		return me{}, refuse(http.StatusUnauthorized, wire.CodeAuthenticationInvalid, "This session is not signed in here.")
	}
	return me{b, s, b.users[s.UserID]}, nil
}

func getMe(c *call) (any, error) {
	var m me
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		m, err = c.me(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return wire.Response[*wire.User]{Response: userJSON(m.user)}, nil
}

// changeMe runs change on the signed-in user in a transaction and answers with the result.
func (c *call) changeMe(change func(*User) error) (any, error) {
	var m me
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, err = c.me(tx); err != nil {
			return err
		}
		if err := change(&m.user); err != nil {
			return err
		}
		m.user.UpdatedAt = c.now
		m.browser.users[m.user.ID] = m.user
		return tx.PutUser(m.user)
	})
	if err != nil {
		return nil, err
	}
	return c.wrap(userJSON(m.user), m.browser)
}

// updateMe changes what people may say about themselves; all else in the form is ignored.
func updateMe(c *call) (any, error) {
	var first, last *string
	var unsafe json.RawMessage
	var bad joinInvalid
	err := errors.Join(
		bad.add(readName(c.form, "first_name", &first)),
		bad.add(readName(c.form, "last_name", &last)),
		bad.add(readMetadata(c.form, "unsafe_metadata", &unsafe)),
		bad.err(),
	)
	if _, sent, _ := c.form.get("username"); sent {
		err = errors.Join(err, invalid("username", wire.CodeParamUnknown, "User names are not enabled."))
	}
	if err != nil {
		return nil, err
	}
	return c.changeMe(func(u *User) error {
		if first != nil {
			u.FirstName = *first
		}
		if last != nil {
			u.LastName = *last
		}
		if unsafe != nil {
			u.UnsafeMetadata = unsafe
		}
		return nil
	})
}

// mergeMyMetadata merges into unsafe_metadata, the only bag a browser may write.
func mergeMyMetadata(c *call) (any, error) {
	var patch json.RawMessage
	if err := readMetadata(c.form, "unsafe_metadata", &patch); err != nil {
		return nil, err
	}
	return c.changeMe(func(u *User) (err error) {
		u.UnsafeMetadata, err = mergeMetadata("unsafe_metadata", u.UnsafeMetadata, patch)
		return err
	})
}

// changePassword needs the present password. Other sessions of the person end unless
// sign_out_of_other_sessions is "false".
func changePassword(c *call) (any, error) {
	current, err := c.form.required("current_password")
	if err != nil {
		return nil, err
	}
	next, err := c.form.required("new_password")
	if err != nil {
		return nil, err
	}
	keep, _, err := c.form.get("sign_out_of_other_sessions")
	if err != nil {
		return nil, err
	}
	var m me
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		m, err = c.me(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	normal, err := c.policy.checkFor(m.user, next)
	if err != nil {
		return nil, err
	}
	checked, err := c.checkPassword("current_password", current, func(tx Tx) (User, error) { return tx.User(m.user.ID) })
	if err != nil {
		return nil, err
	}
	hash, err := c.pool.hash(c.r.Context(), normal)
	if err != nil {
		return nil, err
	}
	return c.storePassword(checked, hash, keep != "false")
}

// checkFor checks a new password against every address of the person.
func (p passwordPolicy) checkFor(u User, password string) (normal string, err error) {
	addresses := []string{""}
	for _, e := range u.Emails {
		addresses = append(addresses, e.Address, e.Normalized)
	}
	for _, a := range addresses {
		if normal, err = p.check("new_password", password, a); err != nil {
			return "", err
		}
	}
	return normal, nil
}

func (c *call) storePassword(checked checkedPassword, hash string, endOthers bool) (any, error) {
	var m me
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, err = c.me(tx); err != nil {
			return err
		}
		user, err := checked.confirm(tx)
		if err != nil {
			return err
		}
		user.PasswordHash, user.PasswordAt, user.UpdatedAt = hash, c.now, c.now
		m.user, m.browser.users[user.ID] = user, user
		if err := tx.PutUser(user); err != nil || !endOthers {
			return err
		}
		return c.endOthers(tx, m.session)
	})
	if err != nil {
		return nil, err
	}
	c.audit("password changed", "user_id", m.user.ID, "session_id", m.session.ID)
	return c.wrap(userJSON(m.user), m.browser)
}

// endOthers revokes every other live session of the person.
func (c *call) endOthers(tx Tx, kept Session) error {
	all, err := tx.Sessions(SessionQuery{UserID: kept.UserID})
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ID == kept.ID || !s.live(c.now) {
			continue
		}
		if err := c.revoke(tx, &s); err != nil {
			return err
		}
	}
	return nil
}

// revoke ends a session from outside its browser. The browser learns of it at its next
// request, which is refused.
func (c *call) revoke(tx Tx, s *Session) error {
	s.Status, s.UpdatedAt = wire.SessionRevoked, c.now
	return tx.PutSession(*s)
}

// activeSessions lists where the person is signed in. It is a bare array: the reference
// browser client reads it unwrapped.
func activeSessions(c *call) (any, error) {
	var all []Session
	err := c.view(c.r.Context(), func(tx Tx) error {
		m, err := c.me(tx)
		if err != nil {
			return err
		}
		all, err = tx.Sessions(SessionQuery{UserID: m.user.ID})
		return err
	})
	if err != nil {
		return nil, err
	}
	out := []wire.Session{}
	for _, s := range all {
		if s.live(c.now) {
			session := sessionJSON(s, c.now)
			session.LatestActivity = activityJSON(s)
			out = append(out, session)
		}
	}
	return out, nil
}

// revokeMySession ends one of the person's sessions, here or in another browser.
func revokeMySession(c *call) (any, error) {
	var m me
	var s Session
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, err = c.me(tx); err != nil {
			return err
		}
		s, err = tx.Session(c.r.PathValue("id"))
		if errors.Is(err, ErrNotFound) || err == nil && (s.UserID != m.user.ID || !s.live(c.now)) {
			return notFound()
		}
		if err != nil {
			return err
		}
		if s.ClientID == m.browser.client.ID {
			s.Status = wire.SessionRevoked
			m.browser, err = c.endSessions(tx, m.browser, wire.SessionRevoked, s)
			return err
		}
		return c.revoke(tx, &s)
	})
	if err != nil {
		return nil, err
	}
	c.audit("session revoked", "user_id", m.user.ID, "session_id", s.ID)
	if s.ClientID == m.browser.client.ID {
		if err := c.signedOutCookies(m.browser); err != nil {
			return nil, err
		}
	}
	session := sessionJSON(s, c.now)
	session.LatestActivity = activityJSON(s)
	return c.wrap(session, m.browser)
}
