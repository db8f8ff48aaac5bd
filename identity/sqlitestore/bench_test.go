package sqlitestore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/store"
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
			if err := s.Update(b.Context(), func(tx store.Tx) error { return signUp("1")(tx) }); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(opening.Microseconds())/1000/float64(b.N), "open-ms")
}

// BenchmarkUsers lists ten of 100,000 users.
func BenchmarkUsers(b *testing.B) {
	s, err := sqlitestore.Open(b.Context(), sqlitestore.Config{Path: b.TempDir() + "/usher.db"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const people = 100_000
	at := time.Unix(1e9, 0)
	err = s.Update(b.Context(), func(tx store.Tx) error {
		for i := range people {
			id := fmt.Sprint(i)
			u := store.User{ID: "user_" + id, FirstName: "Ada", LastName: "Lovelace " + id, CreatedAt: at.Add(time.Duration(i/3) * time.Second)}
			u.Emails = []store.EmailAddress{{ID: "idn_" + id, Address: id + "@example.com", Normalized: id + "@example.com"}}
			if err := tx.PutUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name string
		q    store.UserQuery
	}{
		{"first page", store.UserQuery{Limit: 10}},
		{"oldest", store.UserQuery{Limit: 10, OrderBy: "+created_at"}},
		{"after the middle", store.UserQuery{Limit: 10, After: "user_50000"}},
		{"offset to the middle", store.UserQuery{Limit: 10, Offset: people / 2}},
		{"one by external id", store.UserQuery{ExternalIDs: []string{"none"}}},
		{"search for one", store.UserQuery{Limit: 10, Search: "lovelace 77777"}},
		{"search for a name", store.UserQuery{Limit: 10, NamePart: "lovelace 77777"}},
		{"search for an address", store.UserQuery{Limit: 10, EmailPart: "77777@"}},
		{"by address", store.UserQuery{Limit: 10, OrderBy: "+email_address"}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				err := s.View(b.Context(), func(tx store.Tx) error { _, err := tx.Users(bb.q); return err })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
