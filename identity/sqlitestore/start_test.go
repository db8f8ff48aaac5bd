package sqlitestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/sqlitestore"
)

// opensIn names the folder whose database this program, started again by a test, opens
// and keeps open until its input ends.
const opensIn = "SQLITESTORE_TEST_OPENS_IN"

func openUntilInputEnds(dir string) error {
	fmt.Println("starting")
	s, err := sqlitestore.Open(context.Background(), sqlitestore.Config{Path: filepath.Join(dir, "usher.db")})
	if errors.Is(err, sqlitestore.ErrInUse) {
		fmt.Println("in use")
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Close()
}

// opener is a started openUntilInputEnds.
type opener struct {
	cmd   *exec.Cmd
	input io.Closer
	lines *bufio.Reader
}

func startOpener(t *testing.T, dir string) opener {
	t.Helper()
	exe, err := os.Executable()
	check(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), opensIn+"="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	o := opener{cmd, in, bufio.NewReader(out)}
	if line, err := o.lines.ReadString('\n'); line != "starting\n" {
		t.Fatalf("helper said %q, %v", line, err)
	}
	return o
}

func TestK08_OneOfTheProcessesThatStartAtOnceMigrates(t *testing.T) {
	t.Parallel()
	dir := schema1(t)
	const processes = 4
	openers := make([]opener, processes)
	for i := range openers {
		openers[i] = startOpener(t, dir)
	}
	said := make([]string, processes)
	var wg sync.WaitGroup
	for i, o := range openers {
		wg.Go(func() { said[i], _ = o.lines.ReadString('\n') })
	}
	wg.Wait()
	slices.Sort(said)
	if want := append(slices.Repeat([]string{"in use\n"}, processes-1), "open\n"); !slices.Equal(said, want) {
		t.Errorf("the processes said %q, want %q", said, want)
	}
	for _, o := range openers {
		check(t, errors.Join(o.input.Close(), o.cmd.Wait()))
	}
	if got := versions(t, dir); !slices.Equal(got, everyVersion) {
		t.Errorf("applied migrations = %v", got)
	}
	s := open(t, dir)
	wantSchema1(t, s)
	check(t, s.Close())
}

// Stores of one process lock each other out too, on whatever schema they start.
func TestK08_OneOfTheStoresThatOpenAtOnceMigrates(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{schema1(t), t.TempDir()} {
		var wg sync.WaitGroup
		stores, errs := make([]*sqlitestore.Store, 8), make([]error, 8)
		for i := range stores {
			wg.Go(func() {
				stores[i], errs[i] = sqlitestore.Open(t.Context(), sqlitestore.Config{Path: filepath.Join(dir, "usher.db")})
			})
		}
		wg.Wait()
		opened := 0
		for i, err := range errs {
			if err == nil {
				opened++
				check(t, stores[i].Close())
			} else if !errors.Is(err, sqlitestore.ErrInUse) {
				t.Errorf("Open = %v, want ErrInUse", err)
			}
		}
		if got := versions(t, dir); opened != 1 || !slices.Equal(got, everyVersion) {
			t.Errorf("%d were opened, applied migrations = %v", opened, got)
		}
	}
}

// A migration is one transaction: killed at any point it has happened or not.
func TestL06_AMigrationSurvivesKill(t *testing.T) {
	t.Parallel()
	const rounds = 6
	before := 0
	for range rounds {
		dir := schema1(t)
		change(t, filepath.Join(dir, "usher.db"), `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000)
			INSERT INTO users SELECT 'filler' || n, '', '', '', '', '', '', '', '', '', 0, 0, 0, 0, 0, 0, n, n, '', 'filler' || char(31) || char(31) FROM n`)
		o := startOpener(t, dir)
		time.Sleep(time.Duration(rand.IntN(120_000)) * time.Microsecond)
		check(t, o.cmd.Process.Kill())
		if err := o.cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("helper ended with %v, want killed", err)
		}
		if len(versions(t, dir)) == 2 {
			before++
		}
		s := open(t, dir)
		wantSchema1(t, s)
		check(t, s.Close())
		if got := versions(t, dir); !slices.Equal(got, everyVersion) {
			t.Errorf("applied migrations = %v", got)
		}
		wantSound(t, dir)
	}
	t.Logf("%d of %d were killed before the migration was in", before, rounds)
}
