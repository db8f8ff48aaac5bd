package sqlitestore_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/store"
)

// signUpsIn names the folder in which this program, started again by the test, signs
// people up until it is killed.
const signUpsIn = "SQLITESTORE_TEST_SIGN_UPS_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(signUpsIn); dir != "" {
		if err := signUpForever(dir, os.Getenv(signUpsIn+"_ROUND")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if dir := os.Getenv(opensIn); dir != "" {
		if err := openUntilInputEnds(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// signUpForever prints an id after each acknowledged sign-up, from four goroutines.
func signUpForever(dir, round string) error {
	ctx := context.Background()
	s, err := sqlitestore.Open(ctx, sqlitestore.Config{Path: filepath.Join(dir, "usher.db")})
	if err != nil {
		return err
	}
	failed := make(chan error)
	for g := range 4 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s.%d.%d", round, g, i)
				if err := s.Update(ctx, signUp(id)); err != nil {
					failed <- err
					return
				}
				fmt.Println(id)
			}
		}()
	}
	return <-failed
}

func signUp(id string) func(store.Tx) error {
	now := time.Unix(1e9, 0)
	u := store.User{ID: "user_" + id, PasswordHash: "$argon2id$", CreatedAt: now, Emails: []store.EmailAddress{
		{ID: "idn_" + id, Address: id + "@example.com", Normalized: id + "@example.com", CreatedAt: now}}}
	c := store.Client{ID: "client_" + id, SecretHash: []byte(id), LastActiveSessionID: "sess_" + id, UpdatedAt: now}
	s := store.Session{ID: "sess_" + id, UserID: u.ID, ClientID: c.ID, Status: "active", CreatedAt: now}
	return func(tx store.Tx) error {
		if err := tx.PutUser(u); err != nil {
			return err
		}
		if err := tx.PutClient(c); err != nil {
			return err
		}
		return tx.PutSession(s)
	}
}

func TestL06_AcknowledgedSignUpsSurviveKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var acknowledged []string
	for round := range 12 {
		ids := killedRound(t, dir, fmt.Sprint(round))
		acknowledged = append(acknowledged, ids...)
		checkSurvivors(t, dir, acknowledged)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	if len(acknowledged) < 100 {
		t.Errorf("only %d sign-ups were acknowledged in all rounds", len(acknowledged))
	}
}

// killedRound starts the helper, kills it at a random point and returns the ids that
// it acknowledged. A line cut short by the kill was acknowledged too, but is unknown.
func killedRound(t *testing.T, dir, round string) (ids []string) {
	t.Helper()
	exe, err := os.Executable()
	check(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), signUpsIn+"="+dir, signUpsIn+"_ROUND="+round)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	after := 10 + rand.IntN(20) // by count, so that a slow machine has as much to lose
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		check(t, err)
		ids = append(ids, strings.TrimSpace(line))
		switch len(ids) {
		case 1:
			wantOpenError(t, filepath.Join(dir, "usher.db"), sqlitestore.ErrInUse, "stop that process")
		case after: // a moment later, so that it hits any part of a write
			time.AfterFunc(time.Duration(rand.IntN(5_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("helper ended with %v, want killed", err)
	}
	return ids
}

func checkSurvivors(t *testing.T, dir string, acknowledged []string) {
	t.Helper()
	s := open(t, dir) // also shows that the lock went with the process
	defer func() { check(t, s.Close()) }()
	check(t, s.View(t.Context(), func(tx store.Tx) error {
		for _, id := range acknowledged {
			u, err := tx.UserByEmail(id + "@example.com")
			if err != nil || u.ID != "user_"+id || u.PasswordHash == "" {
				t.Errorf("acknowledged sign-up %s: %+v, %v", id, u, err)
			}
		}
		users, err := tx.Users(store.UserQuery{})
		for _, u := range users {
			id := strings.TrimPrefix(u.ID, "user_")
			if _, err := tx.Client("client_" + id); err != nil || len(u.Emails) != 1 {
				t.Errorf("half a sign-up %s: %d addresses, client %v", id, len(u.Emails), err)
			}
			if sess, err := tx.Session("sess_" + id); err != nil || sess.UserID != u.ID {
				t.Errorf("half a sign-up %s: session %v", id, err)
			}
		}
		return err
	}))
	wantIntact(t, filepath.Join(dir, "usher.db"))
}

// wantIntact lets SQLite check the file, and counts what no user explains.
func wantIntact(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	check(t, err)
	defer func() { _ = db.Close() }()
	var verdict string
	check(t, db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict))
	if verdict != "ok" {
		t.Errorf("integrity_check = %s", verdict)
	}
	var users, sum int
	check(t, db.QueryRowContext(t.Context(), `SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM emails) +
		(SELECT COUNT(*) FROM clients) + (SELECT COUNT(*) FROM sessions)`).Scan(&users, &sum))
	if sum != 3*users {
		t.Errorf("%d users, but %d addresses, clients and sessions", users, sum)
	}
}
