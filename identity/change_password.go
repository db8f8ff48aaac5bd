package identity

import "errors"

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
	if err := errors.Join(err, m.session.notImpersonated()); err != nil {
		return nil, err
	}
	normal, err := c.policy.checkFor("new_password", m.user, next)
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
func (c *call) storePassword(checked checkedPassword, hash string, endOthers bool) (any, error) {
	var m me
	secret := newClientSecret()
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
		m.browser.client.SecretHash = hashSecret(secret)
		changed := AuditEvent{Type: "password.changed", UserID: user.ID, ActorID: user.ID, SessionID: m.session.ID}
		if err := errors.Join(tx.PutUser(user), tx.PutClient(m.browser.client), c.record(tx, changed)); err != nil || !endOthers {
			return err
		}
		return c.endOthers(tx, m.session)
	})
	if err != nil {
		return nil, err
	}
	c.signatures.forget() // the browser that did this gets a new token at once (C06)
	if err := c.setCookies(m.browser, secret); err != nil {
		return nil, err
	}
	return c.wrap(c.userJSON(m.user), m.browser)
}
