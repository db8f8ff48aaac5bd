package identity

import (
	"errors"
	"net/http"
	"time"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

// changePassword needs the present password or, where there is none, a session whose
// person proved a moment ago who they are. Other sessions of the person end unless
// sign_out_of_other_sessions is "false".
func changePassword(c *call) (any, error) {
	next, err := c.form.required("new_password")
	if err != nil {
		return nil, err
	}
	keep, _, err := c.form.get("sign_out_of_other_sessions")
	if err != nil {
		return nil, err
	}
	if err := c.reserveMail(1, mail.Notices); err != nil {
		return nil, err
	}
	own, err := c.confirmPassword()
	if err != nil {
		return nil, err
	}
	normal, err := c.policy.checkFor("new_password", own.user, next)
	if err != nil {
		return nil, err
	}
	if normal == own.current {
		return nil, invalid("new_password", wire.CodePasswordUnchanged, "The new password must not be the current one.")
	}
	hash, err := c.hash(normal)
	if err != nil {
		return nil, err
	}
	return c.storePassword(own, hash, keep != "false")
}

// ownPassword is somebody who gave their password, or needed none.
type ownPassword struct {
	user      User
	sessionID string // the session in which they did
	current   string // the password, normalized
	confirm   confirmation
}

// confirmation returns the person as they are now, in the transaction that changes what the
// password given before allows.
type confirmation func(tx Tx, m me) (User, error)

// confirmPassword checks the request's current_password. Who has no password confirms by a
// factor verified lately.
func (c *call) confirmPassword() (own ownPassword, err error) {
	var m me
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		m, err = c.me(tx)
		return err
	})
	if err := errors.Join(err, c.notImpersonated(m.session)); err != nil {
		return own, err
	}
	own.user, own.sessionID = m.user, m.session.ID
	if m.user.PasswordHash == "" {
		own.confirm = c.confirmFresh
		return own, c.requireFresh(m.session)
	}
	current, err := c.form.required("current_password")
	if err != nil {
		return own, err
	}
	checked, err := c.checkPassword(incorrectPassword("current_password"), current, func(tx Tx) (User, error) { return tx.User(m.user.ID) })
	own.current, _ = normalizePassword(current)
	own.confirm = func(tx Tx, _ me) (User, error) { return checked.confirm(tx) }
	return own, err
}

func (c *call) confirmFresh(_ Tx, m me) (User, error) {
	if m.user.PasswordHash != "" { // set in the meantime: it has to be given now
		return User{}, missingParam("current_password")
	}
	return m.user, c.requireFresh(m.session)
}

// checkFor checks a new password against every address of the person.
func (p passwordPolicy) checkFor(param string, u User, password string) (normal string, err error) {
	addresses := []string{""}
	for _, e := range u.Emails {
		addresses = append(addresses, e.Address, e.Normalized)
	}
	for _, a := range addresses {
		if normal, err = p.check(param, password, a); err != nil {
			return "", err
		}
	}
	return normal, nil
}

// storePassword also gives the client a new secret: a copy of the cookie would be the same
// session, which ending the others does not reach.
func (c *call) storePassword(own ownPassword, hash string, endOthers bool) (any, error) {
	var m me
	secret := newClientSecret()
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, err = c.meIn(tx, own.sessionID); err != nil {
			return err
		}
		user, err := own.confirm(tx, m)
		if err != nil {
			return err
		}
		user.PasswordHash, user.PasswordAt, user.UpdatedAt = hash, c.now, c.now
		user.FailedAttempts, user.LockedUntil = 0, time.Time{} // those were tries of another one, or of none
		m.user, m.browser.users[user.ID] = user, user
		m.browser.client.SecretHash = hashSecret(secret)
		if err := errors.Join(tx.PutUser(user), tx.PutClient(m.browser.client), c.record(tx, m.event("password.changed"))); err != nil || !endOthers {
			return err
		}
		return c.endOthers(tx, m.session, user.ID)
	})
	if err != nil {
		return nil, err
	}
	c.signatures.forget() // the browser that did this gets a new token at once (C06)
	c.tellPasswordChanged(m.user)
	if err := c.setCookies(m.browser, secret); err != nil {
		return nil, err
	}
	return c.wrap(c.userJSON(m.user), m.browser)
}

// removePassword takes the password away from somebody who can sign in with a code: POST
// /me/remove_password.
func removePassword(c *call) (any, error) {
	own, err := c.confirmPassword()
	if own.user.ID != "" && own.user.PasswordHash == "" {
		err = noPasswordSet()
	}
	if err != nil {
		return nil, err
	}
	var m me
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if m, err = c.meIn(tx, own.sessionID); err != nil {
			return err
		}
		user, err := own.confirm(tx, m)
		if err != nil {
			return err
		}
		if !hasProvenAddress(user) || !c.outbox.Usable() {
			return refuse(http.StatusForbidden, wire.CodeAuthorizationInvalid,
				"Without a password there would be no way to sign in: verify an e-mail address first.")
		}
		user.PasswordHash, user.PasswordAt, user.UpdatedAt = "", time.Time{}, c.now
		m.user, m.browser.users[user.ID] = user, user
		return errors.Join(tx.PutUser(user), c.record(tx, m.event("password.removed")))
	})
	return c.wrapMe(m, err)
}
