package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

const (
	freshFor          = 10 * time.Minute // how long a verified factor is enough (I20)
	grantReverify     = "reverification"
	reverifyStays     = 10 * time.Minute // to finish one that was begun
	reverifyIDPrefix  = "ver_"
	defaultLevel      = "first_factor"
	reverifyCodeAsked = "verify_" // before a session's id: what its code is for
)

// levels are what a reverification may ask for. Nobody has a second factor, so that each of
// them is met by the first, as for everybody without one (protocol reference 5.2).
var levels = []string{defaultLevel, "second_factor", "multi_factor"}

// requireFresh refuses a sensitive change to whoever found a session open: its person has
// to have proven a factor a moment ago. Browser clients answer this refusal by asking for
// one and trying again. Somebody who acts as the person never may.
func (c *call) requireFresh(s Session) error {
	if err := c.notImpersonated(s); err != nil {
		return err
	}
	if c.cfg.InsecureNoReverification || c.now.Sub(s.FirstFactor) < freshFor && !s.FirstFactor.IsZero() {
		return nil
	}
	return refuse(http.StatusForbidden, wire.CodeReverification, "Please prove again that it is you.")
}

// reverification is one in progress: what is asked, of whom.
type reverification struct {
	grant   Grant
	browser *browser
	session Session
	user    User
	code    *Grant
}

func (r reverification) level() string {
	var level string
	if json.Unmarshal(r.grant.Data, &level) != nil {
		return defaultLevel
	}
	return level
}

// startReverification begins to prove again who the session's person is: POST /client/sessions/{id}/verify.
func startReverification(c *call) (any, error) {
	level, _, err := c.form.get("level")
	if err != nil {
		return nil, err
	}
	if level == "" {
		level = defaultLevel
	}
	if !slices.Contains(levels, level) {
		return nil, invalid("level", wire.CodeParamValueInvalid, "level must be first_factor, second_factor or multi_factor.")
	}
	data, err := json.Marshal(level)
	if err != nil {
		return nil, err
	}
	var r reverification
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if r.browser, r.session, err = c.liveSession(tx); err != nil {
			return err
		}
		if err := c.notImpersonated(r.session); err != nil {
			return err
		}
		r.user = r.browser.users[r.session.UserID]
		r.grant = Grant{
			ID: reverifyIDPrefix + r.session.ID, Kind: grantReverify, UserID: r.user.ID, SessionID: r.session.ID, Subject: r.session.ID,
			Status: "pending", Data: data, ExpireAt: c.now.Add(reverifyStays), CreatedAt: c.now, UpdatedAt: c.now,
		}
		return tx.PutGrant(r.grant)
	})
	if err != nil {
		return nil, err
	}
	return c.wrapReverification(r, wire.StatusNeedsFirstFactor, nil)
}

// reverification finds the one in progress in the session of the path.
func (c *call) reverification(tx Tx) (r reverification, err error) {
	if r.browser, r.session, err = c.liveSession(tx); err != nil {
		return r, err
	}
	r.user = r.browser.users[r.session.UserID]
	g, err := optional(reverifyIDPrefix+r.session.ID, tx.Grant)
	if err != nil {
		return r, err
	}
	if g == nil || !c.now.Before(g.ExpireAt) {
		return r, refuse(http.StatusBadRequest, wire.CodeClientStateInvalid, "No verification of this session was begun.")
	}
	r.grant = *g
	r.code, err = optional(codeGrantID(r.codeSubject()), tx.Grant)
	return r, err
}

func (r reverification) codeSubject() string { return reverifyCodeAsked + r.session.ID }

// factors are the ways in which the person can prove to be who they are.
func (c *call) factors(u User) []wire.Factor {
	out := []wire.Factor{}
	if u.PasswordHash != "" {
		out = append(out, wire.Factor{Strategy: wire.StrategyPassword})
	}
	for _, e := range u.Emails {
		if e.Verified && c.outbox.Usable() {
			out = append(out, wire.Factor{
				Strategy: wire.StrategyEmailCode, SafeIdentifier: e.Address, EmailAddressID: e.ID, Primary: e.ID == u.PrimaryEmailID,
			})
		}
	}
	return out
}

func (r reverification) codeUse(e EmailAddress) codeUse {
	return codeUse{subject: r.codeSubject(), strategy: wire.StrategyEmailCode, address: e.Normalized, userID: r.user.ID}
}

// prepareReverification sends a code to one of the person's verified addresses.
func prepareReverification(c *call) (any, error) {
	if err := errors.Join(c.codeStrategy(), c.mayMail()); err != nil {
		return nil, err
	}
	id, err := c.form.required("email_address_id")
	if err != nil {
		return nil, err
	}
	var r reverification
	var to, code string
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if r, err = c.reverification(tx); err != nil {
			return err
		}
		i := emailIndex(r.user, id)
		if i < 0 || !r.user.Emails[i].Verified {
			return notFound()
		}
		to = r.user.Emails[i].Address
		var g Grant
		g, code, err = c.prepareCode(tx, r.codeUse(r.user.Emails[i]))
		r.code = &g
		return errors.Join(err, c.record(tx, codeRequested(r.user.ID)))
	})
	if err != nil {
		return nil, err
	}
	c.postLetter(c.codeLetter(mail.VerificationCode, to, code))
	return c.wrapReverification(r, wire.StatusNeedsFirstFactor, verificationOf(r.code, c.now))
}

// attemptReverification takes the password or the code.
func attemptReverification(c *call) (any, error) {
	strategy, err := c.strategy(wire.StrategyPassword)
	switch {
	case err != nil:
		return nil, err
	case strategy == wire.StrategyEmailCode:
		return c.reverifyWithCode()
	case strategy != wire.StrategyPassword:
		return nil, invalid("strategy", wire.CodeParamValueInvalid, "strategy must be password or email_code.")
	}
	password, err := c.form.required("password")
	if err != nil {
		return nil, err
	}
	var r reverification
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		r, err = c.reverification(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	checked, err := c.checkPassword(incorrectPassword("password"), password, func(tx Tx) (User, error) { return tx.User(r.user.ID) })
	if err != nil {
		return nil, err
	}
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if r, err = c.reverification(tx); err != nil {
			return err
		}
		user, err := checked.confirm(tx)
		if err != nil {
			return err
		}
		if isCompromised(user) {
			return passwordCompromised().turnedAway(user)
		}
		return errors.Join(tx.PutUser(user), c.reverified(tx, &r))
	})
	if err != nil {
		return nil, err
	}
	return c.wrapReverification(r, wire.StatusComplete, verified(strategy))
}

func (c *call) reverifyWithCode() (any, error) {
	code, err := c.form.required("code")
	if err != nil {
		return nil, err
	}
	var r reverification
	var refused error
	err = c.update(c.r.Context(), func(tx Tx) (err error) {
		if r, err = c.reverification(tx); err != nil {
			return err
		}
		if r.code == nil {
			return noCode()
		}
		i := addressIndex(r.user, codeDataOf(*r.code).Address)
		if i < 0 || !r.user.Emails[i].Verified { // removed since
			return noCode()
		}
		if refused, err = c.tryCode(tx, r.codeUse(r.user.Emails[i]), code); refused != nil || err != nil {
			return err
		}
		return c.reverified(tx, &r)
	})
	if err := errors.Join(err, refused); err != nil {
		return nil, err
	}
	return c.wrapReverification(r, wire.StatusComplete, verified(wire.StrategyEmailCode))
}

// reverified makes the session's factor fresh, and spends the verification.
func (c *call) reverified(tx Tx, r *reverification) error {
	r.session.FirstFactor, r.session.UpdatedAt = c.now, c.now
	i := slices.IndexFunc(r.browser.sessions, func(s Session) bool { return s.ID == r.session.ID })
	r.browser.sessions[i] = r.session
	done := AuditEvent{Type: "session.reverified", UserID: r.user.ID, ActorID: r.user.ID, SessionID: r.session.ID}
	return errors.Join(tx.PutSession(r.session), tx.DeleteGrant(r.grant.ID), c.record(tx, done))
}

func (c *call) wrapReverification(r reverification, status string, first *wire.Verification) (any, error) {
	session, err := c.frontendSession(r.session, r.user)
	if err != nil {
		return nil, err
	}
	return c.wrap(&wire.SessionVerification{
		Object: "session_reverification", ID: r.grant.ID, Status: status, Level: r.level(), Session: session,
		SupportedFirstFactors: c.factors(r.user), FirstFactorVerification: first,
	}, r.browser)
}
