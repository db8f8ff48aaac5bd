package authctx

import (
	"errors"
	"fmt"

	"github.com/usherauth/usher/wire"
)

// ErrSignedOut is returned by calls that need somebody signed in when nobody is.
var ErrSignedOut = errors.New("signed out")

// VerifyError says why a token was refused. Reason is in the reference's vocabulary;
// the wrapped error has the detail for logs and is not meant for clients.
type VerifyError struct {
	Reason wire.Reason
	Err    error // may be nil
}

// Error implements error.
func (e *VerifyError) Error() string {
	if e.Err == nil {
		return "token refused: " + string(e.Reason)
	}
	return fmt.Sprintf("token refused: %s: %v", e.Reason, e.Err)
}

// Unwrap returns the detail.
func (e *VerifyError) Unwrap() error { return e.Err }

func refuse(reason wire.Reason, err error) *VerifyError {
	return &VerifyError{Reason: reason, Err: err}
}
