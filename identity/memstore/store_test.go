package memstore_test

import (
	"testing"

	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/identity/store"
	"github.com/usherauth/usher/identity/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) store.Store { return memstore.New() })
}
