// Package mail is mail on its way out: the message itself and the outbox in which it waits.
// What a message says is written where it is caused.
//
//	mail.go    Mail, which never shows its address or text when printed; its kinds
//	outbox.go  Outbox: places that are reserved, workers, tries, draining at the end
//
// It is a leaf: it knows neither requests nor records.
package mail

import (
	"cmp"
	"fmt"
	"log/slog"
	"strings"

	"github.com/usherauth/usher/wire"
)

// Mail is a message to a person. When it is printed or logged, it shows only its kind: the
// address is private, and the text may contain a code.
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

// without is the text of err without what is private in m: mail servers repeat addresses.
func (m Mail) without(err error) string {
	hide := strings.NewReplacer(m.To, "[address]", m.Text.Reveal(), "[text]", cmp.Or(m.Code.Reveal(), m.To), "[code]")
	return hide.Replace(err.Error())
}

// Kinds of [Mail].
const (
	VerificationCode  = "verification_code"
	ResetPasswordCode = "reset_password_code"
	AccountExists     = "account_exists"
	PasswordChanged   = "password_changed"
	InvitationLink    = "invitation"
)
