package authctx

import (
	"sync"

	"github.com/usherauth/usher/wire"
)

// signedOutAuths holds one Auth per reason, so that being signed out costs nothing. The
// set of reasons is closed: none contains anything a client sent.
var signedOutAuths = struct {
	sync.RWMutex
	byReason map[wire.Reason]*Auth
}{byReason: make(map[wire.Reason]*Auth)}

func signedOutAuth(reason wire.Reason) *Auth {
	signedOutAuths.RLock()
	a := signedOutAuths.byReason[reason]
	signedOutAuths.RUnlock()
	if a != nil {
		return a
	}
	signedOutAuths.Lock()
	defer signedOutAuths.Unlock()
	if a = signedOutAuths.byReason[reason]; a == nil {
		a = &Auth{reason: reason}
		signedOutAuths.byReason[reason] = a
	}
	return a
}
