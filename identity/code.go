package identity

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// Limits of codes that are sent by mail (security I15, I26).
const (
	codeLifetime = 10 * time.Minute
	codeDigits   = 6
	codeTries    = 5                // of one attempt, however often its code is sent again
	codeCoolDown = 30 * time.Second // before it is sent to the same address again
	mailsAtOnce  = 10               // of one purpose to one address within an hour
)

const (
	grantCode     = "code"      // what was sent to an address; one for each subject
	grantCodeSent = "code_sent" // how often an address was written to; one for each address
)

// codeUse is what a code is for: it proves to subject (the id of a sign-in or sign-up
// attempt, an address or a session) that address is read by who asks.
type codeUse struct {
	subject  string
	strategy string
	address  string // normalized
	userID   string // who asks for it; "" where that is to be found out
	owner    string // whose account the right code opens, when it is tried; "" for a new one
	nobody   bool   // no code is the right one
}

// codeData is the Data of a code's grant.
type codeData struct {
	Strategy string    `json:"strategy"`
	Address  string    `json:"address"`
	SentAt   time.Time `json:"sent_at"`
}

func codeGrantID(subject string) string { return "code_" + subject }

// keyed is a hash that only this instance can make.
func (s *Service) keyed(purpose, text string) []byte {
	mac := hmac.New(sha256.New, []byte(s.instance.secret.Reveal()))
	_, _ = fmt.Fprintf(mac, "usher %s\x00%s", purpose, text)
	return mac.Sum(nil)
}

// codeHash is what is stored of a code: with a million of them, a plain hash would be none.
func (s *Service) codeHash(grantID, code string) []byte { return s.keyed("code", grantID+"\x00"+code) }

// newCode returns six random digits, each million equally likely.
func newCode() string {
	for {
		var b [4]byte
		_, _ = rand.Read(b[:])                                       // never fails
		if n := binary.BigEndian.Uint32(b[:]) >> 12; n < 1_000_000 { // 20 bits
			return fmt.Sprintf("%06d", n)
		}
	}
}

// mayMail refuses to ask for a code where there is no mail, or no room for more of it.
func (c *call) mayMail() error {
	if !c.outbox.Usable() {
		return noMail()
	}
	return c.reserveMail(1, mail.Codes)
}

// prepareCode stores a new code in the place of an earlier one, whose tries it keeps.
// Send it after the transaction.
func (c *call) prepareCode(tx Tx, use codeUse) (g Grant, code string, err error) {
	earlier, err := optional(codeGrantID(use.subject), tx.Grant)
	if err != nil {
		return Grant{}, "", err
	}
	g = Grant{ID: codeGrantID(use.subject), Kind: grantCode, Subject: use.subject, CreatedAt: c.now}
	if earlier != nil && c.now.Before(earlier.ExpireAt) {
		g = *earlier
		if g.Attempts >= codeTries {
			return Grant{}, "", codeFailed()
		}
		if data := codeDataOf(g); data.Address == use.address && c.now.Sub(data.SentAt) < codeCoolDown {
			return Grant{}, "", tooManyCodes(codeCoolDown - c.now.Sub(data.SentAt))
		}
	}
	if err := c.countMail(tx, mailCodes, use.address, tooManyCodes); err != nil {
		return Grant{}, "", err
	}
	c.began = use.subject
	code = newCode()
	g.SecretHash, g.UserID, g.Status = c.codeHash(g.ID, code), use.userID, "pending"
	g.ExpireAt, g.UpdatedAt = c.now.Add(codeLifetime), c.now
	if g.Data, err = json.Marshal(codeData{use.strategy, use.address, c.now}); err != nil {
		return Grant{}, "", fmt.Errorf("identity: %w: encode a code: %w", errInternal, err)
	}
	return g, code, tx.PutGrant(g)
}

// codeRequested is what the audit log has of a code. userID is whose account it is for.
func codeRequested(userID string) AuditEvent {
	return AuditEvent{Type: "code.requested", UserID: userID}
}

// What people can have sent to an address, each counted by itself.
const (
	mailCodes       = "sent" // until one is used
	mailInvitations = "invited"
)

// countMail keeps anybody from filling a mailbox through many attempts, or many invitations.
func (c *call) countMail(tx Tx, purpose, address string, refused func(time.Duration) *apiError) error {
	id := c.sentGrantID(purpose, address)
	sent, err := optional(id, tx.Grant)
	if err != nil {
		return err
	}
	if sent == nil || !c.now.Before(sent.ExpireAt) {
		sent = &Grant{ID: id, Kind: grantCodeSent, Status: "pending", ExpireAt: c.now.Add(time.Hour), CreatedAt: c.now}
	}
	if sent.Attempts >= mailsAtOnce {
		return refused(sent.ExpireAt.Sub(c.now))
	}
	sent.Attempts++
	sent.UpdatedAt = c.now
	return tx.PutGrant(*sent)
}

// sentGrantID does not tell the address.
func (s *Service) sentGrantID(purpose, address string) string {
	return fmt.Sprintf("sent_%x", s.keyed(purpose, address)[:16])
}

// tryCode checks a code and spends it, in the transaction that does what it allows. refused
// is the answer to a wrong one: return nil to the store then, so that the try counts. The
// code is the digits of what was typed; without six of them there was no try.
func (c *call) tryCode(tx Tx, use codeUse, code string) (refused, err error) {
	g, err := optional(codeGrantID(use.subject), tx.Grant)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return noCode(), nil
	}
	data := codeDataOf(*g)
	switch {
	case data.Strategy != use.strategy || data.Address != use.address:
		return noCode(), nil
	case !c.now.Before(g.ExpireAt):
		return codeExpired(), nil
	case g.Attempts >= codeTries:
		return codeFailed(), nil
	}
	typed := web.Digits(code)
	if len(typed) != codeDigits { // whoever mistyped it has not guessed
		return malformedCode(), nil
	}
	given := c.codeHash(g.ID, typed)
	if subtle.ConstantTimeCompare(given, g.SecretHash) == 1 && g.UserID == use.userID && !use.nobody {
		// Who reads the address is here: it may be written to again.
		c.proved, c.finished = cmp.Or(use.userID, use.owner, use.subject), use.subject
		return nil, errors.Join(dropGrant(tx, g.ID), dropGrant(tx, c.sentGrantID(mailCodes, use.address)))
	}
	g.Attempts++
	g.UpdatedAt = c.now
	refused = wrongCode()
	if g.Attempts >= codeTries {
		refused = codeFailed()
	}
	return refused, errors.Join(tx.PutGrant(*g), c.record(tx, AuditEvent{Type: "code.refused", UserID: cmp.Or(use.userID, use.owner)}))
}

// dropCode forgets the code of a subject that has no more use for one.
func dropCode(tx Tx, subject string) error { return dropGrant(tx, codeGrantID(subject)) }

func dropGrant(tx Tx, id string) error {
	if err := tx.DeleteGrant(id); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

func codeDataOf(g Grant) (d codeData) {
	_ = json.Unmarshal(g.Data, &d) // what cannot be read fits no use
	return d
}

// verificationOf is how a code that was asked for is shown; nil for none.
func verificationOf(g *Grant, now time.Time) *wire.Verification {
	if g == nil {
		return nil
	}
	attempts := int64(g.Attempts)
	v := &wire.Verification{
		Object: "verification_otp", Status: "unverified", Strategy: codeDataOf(*g).Strategy,
		Attempts: &attempts, ExpireAt: optionalMillis(g.ExpireAt),
	}
	switch {
	case g.Attempts >= codeTries:
		v.Status = "failed"
	case !now.Before(g.ExpireAt):
		v.Status = "expired"
	}
	return v
}

// verified is a verification that is done.
func verified(strategy string) *wire.Verification {
	return &wire.Verification{Status: "verified", Strategy: strategy}
}

func wrongCode() *apiError {
	return invalid("code", wire.CodeCodeIncorrect, "The code is not right.")
}

func malformedCode() *apiError {
	return invalid("code", wire.CodeParamFormatInvalid, "A code has six digits.")
}

func noCode() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeClientStateInvalid, "No such code was sent. Please ask for one first.")
}

func codeExpired() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeVerificationExpired, "The code has expired. Please ask for a new one.")
}

func codeFailed() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeVerificationFailed, "There were too many wrong codes. Please start again later.")
}

func alreadyVerified() *apiError {
	return refuse(http.StatusBadRequest, wire.CodeVerificationDone, "This has been verified already.")
}

func tooManyCodes(wait time.Duration) *apiError {
	e := refuse(http.StatusTooManyRequests, wire.CodeVerificationTooMany, "A code was sent a moment ago. Please wait before asking for another.")
	e.retryAfter = max(wait.Round(time.Second), time.Second)
	return e
}
