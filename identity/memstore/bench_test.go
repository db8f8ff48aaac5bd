package memstore_test

import (
	"testing"

	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/identity/storetest"
)

func BenchmarkStore(b *testing.B) { storetest.Bench(b, memstore.New()) }
