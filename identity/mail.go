package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
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

const (
	outboxSize    = 256
	outboxWorkers = 4
	mailTimeout   = 30 * time.Second // of one try
	mailTries     = 3
	mailPause     = 2 * time.Second // before the second try; twice that before the third
)

// outbox sends mail after the request that asked for it was answered: how long that takes
// would tell whether there was anybody to write to. What waits is lost when the program
// ends; people ask for another code.
type outbox struct {
	send  func(context.Context, Mail) error // nil: there is no mail
	queue chan Mail
	log   *slog.Logger
	pause time.Duration

	pending atomic.Int64 // put and not yet done with
}

func newOutbox(send func(context.Context, Mail) error, log *slog.Logger) *outbox {
	return &outbox{send: send, queue: make(chan Mail, outboxSize), log: log, pause: mailPause}
}

func (o *outbox) usable() bool { return o.send != nil }

// full reports that mail put now could be dropped. Ask before anything is changed, also
// when nobody will be written to.
func (o *outbox) full() bool { return o.pending.Load() >= outboxSize }

// put queues mail. One to nobody is none; not to queue it saves too little to be noticed.
func (o *outbox) put(ctx context.Context, m Mail) {
	if !o.usable() || m.To == "" {
		return
	}
	o.pending.Add(1)
	select {
	case o.queue <- m:
	default:
		o.pending.Add(-1)
		o.log.WarnContext(ctx, "mail dropped: too many wait to be sent", "mail", m)
	}
}

// start runs the workers until ctx ends.
func (o *outbox) start(ctx context.Context, done *sync.WaitGroup) {
	if !o.usable() {
		return
	}
	for range outboxWorkers {
		done.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case m := <-o.queue:
					o.deliver(ctx, m)
				}
			}
		})
	}
}

func (o *outbox) deliver(ctx context.Context, m Mail) {
	defer o.pending.Add(-1)
	pause := o.pause
	for try := 1; ; try++ {
		err := o.try(ctx, m)
		if err == nil {
			o.log.DebugContext(ctx, "mail sent", "mail", m)
			return
		}
		if try == mailTries || ctx.Err() != nil {
			o.log.WarnContext(ctx, "mail not sent", "mail", m, "tries", try, "err", m.without(err))
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// without is the text of err without what is private in m: mail servers repeat addresses.
func (m Mail) without(err error) string {
	hide := strings.NewReplacer(m.To, "[address]", m.Text.Reveal(), "[text]", cmp.Or(m.Code.Reveal(), m.To), "[code]")
	return hide.Replace(err.Error())
}

// try sends once. A sender that panics has failed, and the next mail is sent all the same.
func (o *outbox) try(ctx context.Context, m Mail) (err error) {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	defer func() {
		if recover() != nil {
			err = errors.New("identity: SendMail panicked")
		}
	}()
	return o.send(ctx, m)
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
	subject, what := "Your verification code", "To prove that this address is yours, enter this code:"
	if kind == mailResetCode {
		subject, what = "Your code for a new password", "To choose a new password, enter this code:"
	}
	m := s.letter(kind, to, subject, what+"\n\n    "+code+"\n\nIt can be used once, within 10 minutes. "+
		"If you did not ask for it, somebody typed your address: you need not do anything, and should give the code to nobody.")
	m.Code = wire.NewSecret(code)
	return m
}

// mailInvitation sends the address where an invitation is accepted to who is invited. Nobody
// else learns it: it proves who reads that mail.
func (c *call) mailInvitation(to, ticket string) {
	c.outbox.put(c.r.Context(), c.invitationLetter(to, c.ticketURL(ticket)))
}

// invitationLetter brings the address where an invitation is accepted.
func (s *Service) invitationLetter(to, address string) Mail {
	return s.letter(mailInvitation, to, "You are invited", "Somebody invited you. To accept, open this address:\n\n    "+address+
		"\n\nIt can be used once. If you do not know what this is about, you need not do anything.")
}

// noMail answers who asks for a code where none can be sent.
func noMail() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeStrategyInvalid, "This service cannot send mail, so there are no codes. Please use another way.")
}
