package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// These two measure, so they run before the parallel tests and alone.

const (
	startAim   = 100 * time.Millisecond
	startBound = time.Second // far above the aim: a busy machine must not fail the test
	rssBound   = 40 << 10    // kB, the aim itself: memory does not depend on the load
)

func TestStartOnAnExistingDataFolderIsFast(t *testing.T) {
	s := startServer(t)
	s.visitor().signUp(ada)
	var took []time.Duration
	for range 5 {
		s.Terminate()
		s.Wait()
		began := time.Now()
		s.Start()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("from start to /readyz 200: median %v of %v, aim %v", took[2], took, startAim)
	if took[2] > startBound {
		t.Errorf("median %v, want at most %v", took[2], startBound)
	}
}

// TestMemoryStaysSmall waits for the memory of hashed passwords to go back to the system,
// and then has pages made until the heap has grown to its bound many times.
func TestMemoryStaysSmall(t *testing.T) {
	const views, people = 12000, 4
	s := startServer(t)
	var visitors []*visitor
	for n := range people {
		v := s.visitor()
		p := ada
		p.Email = fmt.Sprintf("ada%d@example.com", n)
		v.signUp(p)
		visitors = append(visitors, v)
	}
	hashed := s.memory("VmRSS")
	for end := time.Now().Add(15 * time.Second); s.memory("VmRSS") > rssBound; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("resident memory is %d kB, and was %d after the last sign-up: want at most %d", s.memory("VmRSS"), hashed, rssBound)
		}
	}
	var wg sync.WaitGroup
	var bad atomic.Int32
	for _, v := range visitors {
		wg.Go(func() {
			for range views / people {
				a, err := v.try(http.MethodGet, "/welcome", nil)
				if err != nil || a.Status != http.StatusOK || !strings.Contains(a.Body, "Welcome, <bdi>Ada</bdi>!") {
					bad.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := bad.Load(); n > 0 {
		t.Errorf("%d of %d pages were wrong", n, views)
	}
	rss := s.memory("VmRSS")
	t.Logf("resident after %d signed-in pages: %d kB (most: %d kB), bound %d kB", views, rss, s.memory("VmHWM"), rssBound)
	if rss > rssBound {
		t.Errorf("resident memory is %d kB, want at most %d", rss, rssBound)
	}
}

// memory reads a line of the process's status, in kB.
func (s *server) memory(name string) int {
	s.T.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Cmd.Process.Pid))
	if err != nil {
		s.T.Skipf("resident memory is read from /proc: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kB, err := strconv.Atoi(strings.Fields(value)[0])
			if err != nil {
				s.T.Fatal(err)
			}
			return kB
		}
	}
	s.T.Fatalf("no %s in /proc", name)
	return 0
}
