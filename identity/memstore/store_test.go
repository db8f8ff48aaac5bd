package memstore_test

import (
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/identity/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) identity.Store { return memstore.New() })
}
