package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to check the file that the kills have left
)

const signersUp = 6 // at the same time

// L06: kill -9 at random points of sign-ups. Everything acknowledged is there, nothing is
// half-made, and an address that was not acknowledged is either whole or free.
func TestL06_KillsDuringSignUps(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var tried, acknowledged []person
	for round := range rounds(50, 10) {
		s.Start()
		all, done := s.signUpUntilKilled(round)
		tried, acknowledged = append(tried, all...), append(acknowledged, done...)
	}
	if len(acknowledged) == 0 || len(tried) == len(acknowledged) {
		t.Errorf("%d of %d sign-ups were acknowledged; the kills hit none of them, or all", len(acknowledged), len(tried))
	}
	s.Start()
	stored := s.storedAddresses()
	for _, p := range acknowledged {
		if !stored[p.Email] {
			t.Errorf("%s was acknowledged and is gone", p.Email)
		}
	}
	lost := 0
	for _, p := range tried {
		if stored[p.Email] {
			s.wantSignIn(p)
		} else if lost++; lost <= 20 { // an address that was never used is free
			s.visitor().signUp(p)
		}
	}
	t.Logf("%d sign-ups sent, %d acknowledged, %d stored", len(tried), len(acknowledged), len(stored))
	s.Terminate()
	if code := s.Wait(); code != 0 {
		t.Errorf("exit status %d at the end", code)
	}
	s.wantSoundDatabase()
}

// signUpUntilKilled signs people up from several sides at once and kills the server in
// the middle. It returns whom it tried and whom the server has acknowledged.
func (s *server) signUpUntilKilled(round int) (tried, acknowledged []person) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	stop, acknowledgment := make(chan struct{}), make(chan struct{}, 1)
	for n := range signersUp {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				p := person{"Round", fmt.Sprint(round), fmt.Sprintf("r%d-%d-%d@example.com", round, n, i), "a password for this one"}
				v := s.visitor()
				a, err := v.try(http.MethodPost, "/sign-up", p.signUpForm())
				v.client.CloseIdleConnections()
				mu.Lock()
				tried = append(tried, p)
				if err == nil && a.Status < 400 {
					acknowledged = append(acknowledged, p)
					select {
					case acknowledgment <- struct{}{}:
					default:
					}
				} else if err == nil {
					s.T.Errorf("sign up %s: %v", p.Email, a)
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	if round%2 == 0 { // else a slow machine would be killed before it acknowledges anything
		select {
		case <-acknowledgment:
		case <-time.After(10 * time.Second):
		}
	}
	time.Sleep(50*time.Millisecond + rand.N(400*time.Millisecond))
	s.Kill()
	close(stop)
	wg.Wait()
	return tried, acknowledged
}

func (s *server) wantSignIn(p person) {
	s.T.Helper()
	v := s.visitor()
	defer v.client.CloseIdleConnections()
	a, err := v.try(http.MethodPost, "/sign-in", p.signInForm())
	if err != nil || a.Status != http.StatusSeeOther {
		s.T.Errorf("%s is stored and cannot sign in: %v %v", p.Email, a, err)
		return
	}
	if me := v.get("/api/user"); me.Status != http.StatusOK {
		s.T.Errorf("%s has signed in and /api/user answers %v", p.Email, me)
	}
}

// storedAddresses lists the users as the Backend API does, and fails for half-made ones.
func (s *server) storedAddresses() map[string]bool {
	s.T.Helper()
	secret := s.Keys()["CLERK_SECRET_KEY"]
	found := make(map[string]bool)
	for offset := 0; ; offset += 100 {
		a := s.backendCall(http.MethodGet, fmt.Sprintf("/v1/users?limit=100&offset=%d&order_by=-created_at", offset), secret, "")
		var users []struct {
			ID              string `json:"id"`
			PrimaryID       string `json:"primary_email_address_id"`
			PasswordEnabled bool   `json:"password_enabled"`
			FirstName       string `json:"first_name"`
			Emails          []struct {
				ID           string `json:"id"`
				EmailAddress string `json:"email_address"`
			} `json:"email_addresses"`
		}
		if err := json.Unmarshal([]byte(a.Body), &users); err != nil || a.Status != http.StatusOK {
			s.T.Fatalf("list users: %v (%v)", a, err)
		}
		for _, u := range users {
			if len(u.Emails) != 1 || u.Emails[0].ID != u.PrimaryID || !u.PasswordEnabled || u.FirstName != "Round" {
				s.T.Errorf("half-made user: %+v", u)
				continue
			}
			found[u.Emails[0].EmailAddress] = true
		}
		if len(users) < 100 {
			return found
		}
	}
}

// wantSoundDatabase checks the file that is left, with nobody serving it.
func (s *server) wantSoundDatabase() {
	s.T.Helper()
	files, err := filepath.Glob(filepath.Join(s.Data, "*.db"))
	if err != nil || len(files) != 1 {
		s.T.Fatalf("database files in the data folder: %v (%v), want one", files, err)
	}
	db, err := sql.Open("sqlite", files[0])
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { _ = db.Close() })
	var verdict string
	if err := db.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		s.T.Errorf("integrity check: %q, %v", verdict, err)
	}
	rows, err := db.QueryContext(context.Background(), "PRAGMA foreign_key_check")
	if err != nil {
		s.T.Fatal(err)
	}
	defer rows.Close()
	if rows.Next() {
		s.T.Error("a row refers to another that does not exist")
	}
	if err := rows.Err(); err != nil {
		s.T.Error(err)
	}
}
