package identity

import (
	"errors"
	"time"

	"github.com/usherauth/usher/identity/internal/passhash"
	"github.com/usherauth/usher/wire"
)

const (
	failuresPerLock = 10  // consecutive wrong passwords before an account rests
	failuresAtMost  = 100 // after these every further one locks (NIST SP 800-63B 5.2.2)
	firstLock       = time.Minute
	longestLock     = time.Hour
)

// incorrectPassword answers somebody who is signed in and mistypes their own password.
func incorrectPassword(param string) *apiError {
	return invalid(param, wire.CodePasswordIncorrect, "The password is not right. After several wrong tries, wait a while before the next one.")
}

// wrongPassword is the one answer to a wrong password, an unknown address and a locked
// account alike. Its text covers the three, so that nobody is misled.
func wrongPassword(param string) *apiError {
	return invalid(param, wire.CodePasswordOrIdentifier,
		"The e-mail address or the password is not right. After several wrong tries, wait a while before the next one.")
}

// lockAfter is how long an account rests after n consecutive failures: every tenth locks
// for a minute, then two, four and so on up to an hour. Locks always end, and tries
// during one neither count nor prolong it, so that a lock cannot be kept up by trying
// during it. From the 100th failure on, one wrong try an hour still keeps an owner out.
func lockAfter(n int) time.Duration {
	if n >= failuresAtMost {
		return longestLock
	}
	if n%failuresPerLock != 0 {
		return 0
	}
	return min(firstLock<<(n/failuresPerLock-1), longestLock)
}

// lockLeft is how long the account still rests, 0 when it does not. A lock that would
// outlast the longest one was set by a clock that was wrong, and does not count.
func lockLeft(u User, now time.Time) time.Duration {
	left := u.LockedUntil.Sub(now)
	if u.LockedUntil.IsZero() || left > longestLock {
		return 0
	}
	return max(left, 0)
}

// checkedPassword is a password that was right a moment ago.
type checkedPassword struct {
	wrong    *apiError // the answer had it not been
	userID   string
	setAt    time.Time // when the password that was checked was set
	upgraded string    // its hash with current parameters, if the stored one is older
}

// checkPassword counts the try, then verifies the password. Counting first makes the
// limit hold for tries at the same time; doing so inside the pool means that a try turned
// away by a full queue does not count. Whoever is asked for, known, unknown or locked,
// costs one durable write and one hash, and gets the same answer, wrong.
func (c *call) checkPassword(wrong *apiError, password string, find func(Tx) (User, error)) (checkedPassword, error) {
	ctx := c.r.Context()
	normal, usable := normalizePassword(password)
	tries := spellings(password)
	var user User
	var tried string // whose password it was, "" when nobody's
	var match, outdated bool
	var countErr error
	var upgraded string
	err := c.pool.do(ctx, c.bidder(), func() (earned bool) {
		countErr = c.update(ctx, func(tx Tx) (err error) {
			user, tried, err = c.countTry(tx, find)
			return err
		})
		if countErr != nil {
			return false
		}
		match, outdated = c.pool.verify(user.PasswordHash, tries...)
		match = match && tries[0] != ""
		if match && usable && outdated { // without a normal form, the other system's digest stays
			upgraded = passhash.Hash(normal)
		}
		return match
	})
	if err := errors.Join(err, countErr); err != nil {
		return checkedPassword{}, err
	}
	if !match {
		if err := c.recordRefusal(tried); err != nil {
			return checkedPassword{}, err
		}
		return checkedPassword{}, wrong
	}
	c.proved = user.ID
	return checkedPassword{wrong: wrong, userID: user.ID, setAt: user.PasswordAt, upgraded: upgraded}, nil
}

// countTry returns the user to verify against, the zero User when there is none or it is
// locked, and whom the try was about. In those cases a row is read and written that stays as
// it is, so that the work is that of a try that counts.
func (c *call) countTry(tx Tx, find func(Tx) (User, error)) (user User, tried string, err error) {
	found, err := find(tx)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, "", err
	}
	if err != nil {
		return User{}, "", c.writeDecoy(tx)
	}
	c.lastTried.Store(&found.ID)
	if lockLeft(found, c.now) > 0 {
		return User{}, found.ID, tx.PutUser(found)
	}
	found.FailedAttempts++
	if lock := lockAfter(found.FailedAttempts); lock > 0 {
		found.LockedUntil = c.now.Add(lock)
	}
	return found, found.ID, tx.PutUser(found)
}

// writeDecoy does for nobody what is done for somebody, with whoever was tried last. An
// instance without anybody has nothing to hide.
func (c *call) writeDecoy(tx Tx) error {
	decoy, err := c.decoy(tx)
	if err != nil || decoy.ID == "" {
		return err
	}
	return tx.PutUser(decoy)
}

// decoy reads the most recently tried user, to be the same work as reading somebody; the zero
// User where there is nobody.
func (c *call) decoy(tx Tx) (User, error) {
	if id := c.lastTried.Load(); id != nil {
		if decoy, err := tx.User(*id); !errors.Is(err, ErrNotFound) {
			return decoy, err
		}
	}
	anybody, err := tx.Users(UserQuery{Limit: 1}) // none was tried yet, or they are deleted
	if err != nil || len(anybody) == 0 {
		return User{}, err
	}
	c.lastTried.Store(&anybody[0].ID)
	return anybody[0], nil
}

// recordRefusal writes down a wrong password, also one for nobody, so that both are the
// same work. Whoever goes away before the answer is written down all the same (I28).
func (c *call) recordRefusal(userID string) error {
	return c.recordOfLiving(c.r.Context(), AuditEvent{Type: "password.refused", UserID: userID})
}

// confirm returns the user as it is now, with the counters reset, for the caller to put.
// A password changed in the meantime is wrong.
func (p checkedPassword) confirm(tx Tx) (User, error) {
	user, err := tx.User(p.userID)
	if errors.Is(err, ErrNotFound) || err == nil && !user.PasswordAt.Equal(p.setAt) {
		return User{}, p.wrong
	}
	user.FailedAttempts, user.LockedUntil = 0, time.Time{}
	if p.upgraded != "" {
		keepHash(&user, p.upgraded)
	}
	return user, err
}
