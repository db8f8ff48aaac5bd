package sqlitestore_test

import (
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/storetest"
)

func BenchmarkStore(b *testing.B) {
	s, err := sqlitestore.Open(b.Context(), sqlitestore.Config{Path: b.TempDir() + "/usher.db"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	storetest.Bench(b, s)
}

// BenchmarkOpen opens and closes a database that has people in it; open-ms is the
// part of Open.
func BenchmarkOpen(b *testing.B) {
	cfg := sqlitestore.Config{Path: b.TempDir() + "/usher.db"}
	var opening time.Duration
	for i := range b.N + 1 {
		start := time.Now()
		s, err := sqlitestore.Open(b.Context(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		opening += time.Since(start)
		if i == 0 { // creating it does not count
			opening = 0
			if err := s.Update(b.Context(), func(tx identity.Tx) error { return signUp("1")(tx) }); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(opening.Microseconds())/1000/float64(b.N), "open-ms")
}
