package authctx

import (
	"sync"

	"github.com/usherauth/usher/wire"
)

// signedOutAuths holds one Auth per reason, so that being signed out costs nothing. The
// set of reasons is closed: none contains anything a client sent.
var signedOutAuths sync.Map // wire.Reason to *Auth

func signedOutAuth(reason wire.Reason) *Auth {
	if a, ok := signedOutAuths.Load(reason); ok {
		return a.(*Auth)
	}
	a, _ := signedOutAuths.LoadOrStore(reason, &Auth{reason: reason})
	return a.(*Auth)
}
