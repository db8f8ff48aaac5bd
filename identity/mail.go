package identity

import (
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/wire"
)

// mailable is how to write to an address: as its owner typed it, unless that has letters that
// normalization changes. Then it is what the mail proves, and not what merely looks or
// folds alike: "\u212a" (Kelvin) is no k to every mail server.
func mailable(address string) string {
	normal, err := normalizeEmail(address)
	if err != nil {
		return ""
	}
	if strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII }) {
		return normal
	}
	return strings.Trim(address, " ")
}

// letter is mail in this service's words.
func (s *Service) letter(kind, to, subject, text string) Mail {
	if s.cfg.ApplicationName != "" {
		subject += " (" + s.cfg.ApplicationName + ")"
	}
	return Mail{Kind: kind, To: mailable(to), Subject: subject, Text: wire.NewSecret(text + "\n")}
}

// codeLetter brings a code.
func (s *Service) codeLetter(kind, to, code string) Mail {
	subject, what := "Your verification code", "Enter this code to confirm your email address:"
	if kind == mail.ResetPasswordCode {
		subject, what = "Your code for a new password", "Enter this code to choose a new password:"
	}
	m := s.letter(kind, to, subject, what+"\n\n    "+code+"\n\nThe code works once and expires in 10 minutes. Don't share it with anyone.\n\n"+
		"If you didn't request it, you can ignore this email.")
	m.Code = wire.NewSecret(code)
	return m
}

// invitationWords are the names in an invitation: who invites, and to what. Each is "" where
// there is none.
type invitationWords struct{ inviter, organization string }

func wordsOf(tx Tx, i Invitation) (w invitationWords, err error) {
	if i.OrgID != "" {
		org, err := tx.Organization(i.OrgID)
		if err != nil {
			return w, err
		}
		w.organization = org.Name
	}
	inviter, err := optional(i.InviterID, tx.User)
	if err == nil && inviter != nil {
		w.inviter = shownName(*inviter)
	}
	return w, err
}

// mail.InvitationLink sends the address where an invitation is accepted to the invited person.
// Nobody else learns it: it proves who reads that mail.
func (c *call) mailInvitation(to string, w invitationWords, ticket string) {
	c.postLetter(c.invitationLetter(to, w, c.ticketURL(ticket)))
}

// invitationLetter brings the address where an invitation is accepted.
func (s *Service) invitationLetter(to string, w invitationWords, address string) Mail {
	what, on := "You are invited", ""
	if w.inviter != "" {
		what = wire.Isolated(w.inviter) + " invited you"
	}
	if s.cfg.ApplicationName != "" {
		on = " on " + s.cfg.ApplicationName
	}
	if w.organization != "" {
		what += " to join " + wire.Isolated(w.organization) + on + "."
	} else {
		what += " to create an account" + on + "."
	}
	return s.letter(mail.InvitationLink, to, "You are invited", what+"\n\nOpen this link to accept the invitation:\n\n    "+address+
		"\n\nThe link works once. If you didn't expect the invitation, you can ignore this email.")
}

// noMail answers who asks for a code where none can be sent.
func noMail() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeStrategyInvalid, "This service cannot send mail, so there are no codes. Please use another way.")
}

// reserveMail takes places for the mail that the request will send, or refuses the request
// when there is no room. Call it before anything is changed, also when nobody will be written to.
// What is not used is given back at the end of the request.
func (c *call) reserveMail(n int, lane mail.Lane) error {
	if !c.outbox.Usable() || n == 0 {
		return nil
	}
	r := mail.Reservation{N: n, Lane: lane}
	if lane == mail.Codes && !c.trusted {
		r.Network = c.caller.network()
	}
	if !c.outbox.Reserve(r) {
		return unavailable(5 * time.Second)
	}
	c.places = r
	return nil
}

// post sends mail once the answer is written, at a place that was reserved.
func (c *call) post(kind string, compose func() Mail) {
	if c.outbox.Usable() {
		c.errands = append(c.errands, mail.Errand{Kind: kind, Compose: compose})
	}
}

// postLetter is post for mail that is written already.
func (c *call) postLetter(m Mail) {
	c.post(m.Kind, func() Mail { return m })
}

// sendPosted hands over what was posted and gives back the other places.
func (c *call) sendPosted() {
	if c.places.N == 0 {
		return
	}
	for _, e := range c.errands {
		e.Place = mail.Reservation{N: 1, Lane: c.places.Lane, Network: c.places.Network}
		c.outbox.Put(e)
	}
	unused := c.places
	unused.N -= len(c.errands)
	c.outbox.Release(unused)
	c.places, c.errands = mail.Reservation{}, nil
}
