package identity

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"unicode"

	"github.com/usherauth/usher/wire"
)

// Mail is a message to a person, given to [Config.SendMail]. Printed or logged it shows
// its kind alone: the address is somebody's, and the text may hold a code.
type Mail struct {
	// Kind is what the mail is about: "verification_code", "reset_password_code",
	// "account_exists", "password_changed" or "invitation".
	Kind    string
	To      string // one address, as its owner typed it but for letters beyond ASCII, which are normalized
	Subject string // never holds the code: mail servers log subjects
	Text    wire.Secret
	Code    wire.Secret // the code in Text; empty where there is none
}

// String names the mail's kind; so do all formats.
func (m Mail) String() string { return "identity.Mail(" + m.Kind + ")" }

// Format implements [fmt.Formatter], so that no verb shows the address.
func (m Mail) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(m.String())) }

// LogValue implements [slog.LogValuer].
func (m Mail) LogValue() slog.Value { return slog.StringValue(m.String()) }

// Kinds of [Mail].
const (
	mailVerificationCode = "verification_code"
	mailResetCode        = "reset_password_code"
	mailAccountExists    = "account_exists"
	mailPasswordChanged  = "password_changed"
	mailInvitation       = "invitation"
)

// without is the text of err without what is private in m: mail servers repeat addresses.
func (m Mail) without(err error) string {
	hide := strings.NewReplacer(m.To, "[address]", m.Text.Reveal(), "[text]", cmp.Or(m.Code.Reveal(), m.To), "[code]")
	return hide.Replace(err.Error())
}

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
	if kind == mailResetCode {
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
		w.inviter = inviter.shownName()
	}
	return w, err
}

// mailInvitation sends the address where an invitation is accepted to the invited person.
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
	return s.letter(mailInvitation, to, "You are invited", what+"\n\nOpen this link to accept the invitation:\n\n    "+address+
		"\n\nThe link works once. If you didn't expect the invitation, you can ignore this email.")
}

// noMail answers who asks for a code where none can be sent.
func noMail() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeStrategyInvalid, "This service cannot send mail, so there are no codes. Please use another way.")
}
