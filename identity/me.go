package identity

import (
	"encoding/json"
	"errors"

	"github.com/usherauth/usher/wire"
)

// me is the person a request acts for: the user of the session that _clerk_session_id
// names, or of the one used last (protocol reference 8.2).
type me struct {
	browser *browser
	session Session
	user    User
}

func (c *call) me(tx Tx) (me, error) { return c.meIn(tx, c.query.Get("_clerk_session_id")) }

// meIn is the person of one session of this browser, "" for the one used last. A request of
// several transactions names the one that it began with: another may be the last by then.
func (c *call) meIn(tx Tx, sessionID string) (me, error) {
	b, err := c.requireBrowser(tx)
	if err != nil {
		return me{}, err
	}
	s, ok := b.session(sessionID)
	if !ok {
		return me{}, notSignedInHere()
	}
	if err := c.mayAct(s); err != nil {
		return me{}, err
	}
	c.session = s
	return me{b, s, b.users[s.UserID]}, nil
}

// getMe shows the signed-in person.
func getMe(c *call) (any, error) {
	var m me
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		m, err = c.me(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	user := c.userJSON(m.user)
	return wire.Response[*wire.User]{Response: user}, c.addMemberships(user)
}

// changeMe runs change on the signed-in user, in a transaction that also writes the user.
func (c *call) changeMe(change func(Tx, *me) error) (me, error) {
	return c.changeMeIn(c.query.Get("_clerk_session_id"), change)
}

// changeMeIn is changeMe for the user of one session.
func (c *call) changeMeIn(sessionID string, change func(Tx, *me) error) (m me, err error) {
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, err = c.meIn(tx, sessionID); err != nil {
			return err
		}
		if err := change(tx, &m); err != nil {
			return err
		}
		m.user.UpdatedAt = c.now
		m.browser.users[m.user.ID] = m.user
		return errors.Join(tx.PutUser(m.user), c.record(tx, m.event("user.updated")))
	})
	return m, err
}

// event is what somebody did to their own account.
func (m me) event(kind string) AuditEvent {
	return AuditEvent{Type: kind, UserID: m.user.ID, ActorID: m.user.ID, SessionID: m.session.ID}
}

// wrapMe answers with the person.
func (c *call) wrapMe(m me, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return c.wrap(c.userJSON(m.user), m.browser)
}

// updateMe changes what people may say about themselves; all else in the form is ignored.
func updateMe(c *call) (any, error) {
	var first, last *string
	var unsafe json.RawMessage
	var bad joinInvalid
	primary, _, err := c.form.get("primary_email_address_id")
	err = errors.Join(
		bad.add(err),
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
	return c.wrapMe(c.changeMe(func(_ Tx, m *me) error {
		u := &m.user
		if primary != "" && primary != u.PrimaryEmailID {
			if err := c.makePrimary(m, primary); err != nil {
				return err
			}
		}
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
	}))
}

// mergeMyMetadata merges into unsafe_metadata, the only bag a browser may write.
func mergeMyMetadata(c *call) (any, error) {
	var patch json.RawMessage
	if err := readMetadata(c.form, "unsafe_metadata", &patch); err != nil {
		return nil, err
	}
	return c.wrapMe(c.changeMe(func(_ Tx, m *me) (err error) {
		m.user.UnsafeMetadata, err = mergeMetadata("unsafe_metadata", m.user.UnsafeMetadata, patch)
		return err
	}))
}
