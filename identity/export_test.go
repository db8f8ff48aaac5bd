package identity

import (
	"context"
	"runtime"
	"time"

	"github.com/usherauth/usher/identity/internal/passhash"
)

// What tests of the package's inside need.
var (
	NormalizeEmail    = normalizeEmail
	NormalizePassword = normalizePassword
	VerifyPassword    = passhash.Verify
	HashPassword      = passhash.Hash
	LockAfter         = lockAfter
	CheckCookieSize   = checkCookieSize
	MergeMetadata     = mergeMetadata
)

// Derive computes an argon2id tag.
func Derive(password string, salt []byte, t, m uint32, p uint8, n int) []byte {
	return passhash.Derive(password, salt, passhash.Params{Memory: m, Time: t, Threads: p}, n)
}

// ParseForm reads a form body; ok is false if it is refused.
func ParseForm(body string) (values map[string][]string, ok bool) {
	f, err := parseForm(body)
	return f.values, err == nil
}

// Unseal opens a __client cookie.
func (s *Service) Unseal(value string) (id, secret string, ok bool) {
	ref, ok := s.unseal(value)
	return ref.id, ref.secret, ok
}

// Seal makes a __client cookie.
func (s *Service) Seal(id, secret string) (string, error) {
	return s.seal(clientRef{id: id, secret: secret})
}

// Purge runs the purge once.
func (s *Service) Purge() { s.purge(context.Background()) }

// AttemptLifetime is how long a sign-in or sign-up waits.
const AttemptLifetime time.Duration = attemptLifetime

// The tests run with less memory than the program, so that hundreds of accounts take seconds.
func init() { passhash.Current.Memory = 1024 }

// DrainMail waits until all mail that was asked for has been given to SendMail.
func (s *Service) DrainMail() {
	for s.outbox.Pending() > 0 {
		runtime.Gosched()
	}
}

// MailPause shortens the wait before a mail is tried again.
func (s *Service) MailPause(d time.Duration) { s.outbox.Pause = d }

// Limits of codes.
const (
	CodeTries    = codeTries
	CodeLifetime = codeLifetime
	CodeCoolDown = codeCoolDown
	MailsAtOnce  = mailsAtOnce
)

// NewCode is what a mail brings.
var NewCode = newCode

// Tables are the methods of each route of the two APIs, by pattern.
func (s *Service) Tables() (frontend, backend map[string][]string) {
	list := func(rs routes) map[string][]string {
		out := make(map[string][]string, len(rs))
		for pattern, ms := range rs {
			for m := range ms {
				out[pattern] = append(out[pattern], m)
			}
		}
		return out
	}
	return list(s.frontendRoutes()), list(backendRoutes())
}

// ClientCookie is the name of the client cookie.
func (s *Service) ClientCookie() string { return s.clientCookie() }
