package authctx

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/usherauth/usher/internal/web"
)

const (
	keptFor   = 2 * time.Minute
	maxForm   = 64 << 10 // bytes of one form
	maxForms  = 256
	keptBytes = 8 << 20 // bytes of all forms
)

// keeper holds forms that wait for their senders, one for each user. It cannot read them:
// each is sealed with a key of which the sender's browser has the only copy. The zero
// value is empty and ready; it is safe for concurrent use.
type keeper struct {
	mu    sync.Mutex
	kept  map[string]keptForm // by user id
	bytes int
}

type keptForm struct {
	sealed []byte
	until  time.Time
}

// bond is what a form is bound to, as the data that its seal covers.
func bond(who *Auth, r *http.Request) []byte {
	return []byte(strings.Join([]string{who.UserID(), who.OrgID(), r.Host, web.Requested(r).RequestURI()}, "\x00"))
}

func sealer(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// put seals a form, in place of another of the same user, and returns the key. It reports
// false when there is no room: forms of others are never pushed out.
func (k *keeper) put(now time.Time, who *Auth, r *http.Request, body []byte) (key string, ok bool) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	aead, err := sealer(secret)
	if err != nil {
		return "", false
	}
	form := keptForm{sealed: aead.Seal(nil, nil, body, bond(who, r)), until: now.Add(keptFor)} //nolint:gosec // nil, for this AEAD makes its own nonces
	k.mu.Lock()
	defer k.mu.Unlock()
	k.remove(who.userID)
	if k.full(form) {
		k.sweep(now)
	}
	if k.full(form) {
		return "", false
	}
	if k.kept == nil {
		k.kept = make(map[string]keptForm)
	}
	k.kept[who.userID] = form
	k.bytes += len(form.sealed)
	return base64.RawURLEncoding.EncodeToString(secret), true
}

func (k *keeper) full(next keptForm) bool {
	return len(k.kept) >= maxForms || k.bytes+len(next.sealed) > keptBytes
}

func (k *keeper) sweep(now time.Time) {
	for user, form := range k.kept {
		if !now.Before(form.until) {
			k.remove(user)
		}
	}
}

func (k *keeper) remove(user string) {
	k.bytes -= len(k.kept[user].sealed)
	delete(k.kept, user)
}

// open returns the form that who sent to the address of r, if key is its key. With take it
// is gone afterwards, so that of any number of callers one gets it.
func (k *keeper) open(now time.Time, who *Auth, r *http.Request, key string, take bool) ([]byte, bool) {
	secret, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil || !who.SignedIn() {
		return nil, false
	}
	aead, err := sealer(secret)
	if err != nil {
		return nil, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	form, ok := k.kept[who.userID]
	if !ok || !now.Before(form.until) {
		k.remove(who.userID)
		return nil, false
	}
	body, err := aead.Open(nil, nil, form.sealed, bond(who, r))
	if err != nil {
		return nil, false
	}
	if take {
		k.remove(who.userID)
	}
	return body, true
}
