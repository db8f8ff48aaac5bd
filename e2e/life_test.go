package e2e

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// L12: what was accepted is finished, what comes later is refused, and the end is clean.
func TestL12_TerminationLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	const slow, hashed = 10, 8
	var wg sync.WaitGroup
	answers := make(chan string, slow+hashed)
	halfway := make(chan struct{}, slow)
	resume := make(chan struct{})
	for n := range slow { // half of each body is sent when the signal comes
		p := person{"Slow", "Poke", "slow" + string(rune('a'+n)) + "@example.com", "patience is a password"}
		v := s.visitor()
		wg.Go(func() { answers <- v.signUpSlowly(p, halfway, resume) })
	}
	for range slow {
		<-halfway
	}
	for n := range hashed { // and these wait for their password to be hashed
		p := person{"Hash", "Queue", "hash" + string(rune('a'+n)) + "@example.com", "patience is a password"}
		v := s.visitor()
		wg.Go(func() {
			a, err := v.try(http.MethodPost, "/sign-up", p.signUpForm())
			if err != nil {
				answers <- err.Error()
				return
			}
			answers <- http.StatusText(a.Status)
		})
	}
	time.Sleep(200 * time.Millisecond) // for the server to have accepted them; a hash takes about 60 ms
	s.Terminate()
	drive.Eventually(t, 10*time.Second, "new connections are refused", func() bool {
		c, err := net.DialTimeout("tcp", s.Addr, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	close(resume)
	wg.Wait()
	close(answers)
	for a := range answers {
		if a != http.StatusText(http.StatusSeeOther) {
			t.Errorf("a request in flight ended with %q, want See Other", a)
		}
	}
	if code := s.Wait(); code != 0 {
		t.Errorf("exit status %d, want 0", code)
	}
	s.Start()
	s.wantSignIn(person{Email: "slowa@example.com", Password: "patience is a password"})
	s.wantSignIn(person{Email: "hasha@example.com", Password: "patience is a password"})
}

// signUpSlowly sends half of a form, says so, waits, and sends the rest. It returns the
// status of the answer in words.
func (v *visitor) signUpSlowly(p person, halfway chan<- struct{}, resume <-chan struct{}) string {
	body := p.signUpForm().Encode()
	reader, writer := io.Pipe()
	go func() {
		_, _ = io.WriteString(writer, body[:len(body)/2])
		time.Sleep(100 * time.Millisecond) // for the server to have read it
		halfway <- struct{}{}
		<-resume
		_, _ = io.WriteString(writer, body[len(body)/2:])
		_ = writer.Close()
	}()
	req, err := http.NewRequest(http.MethodPost, v.origin+"/sign-up", reader)
	if err != nil {
		return err.Error()
	}
	req.ContentLength = int64(len(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", v.origin)
	a, err := readAnswer(v.client.Do(req))
	if err != nil {
		return err.Error()
	}
	return http.StatusText(a.Status)
}

func TestASecondSignalEndsTheProcessAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	halfway, resume := make(chan struct{}, 1), make(chan struct{})
	v := s.visitor()
	ended := make(chan string, 1)
	go func() { ended <- v.signUpSlowly(ada, halfway, resume) }()
	<-halfway
	s.Terminate()
	drive.Eventually(t, 10*time.Second, "the server says that it is stopping", func() bool { return strings.Contains(s.Log.String(), "stopping") })
	if _, err := s.visitor().try(http.MethodGet, "/readyz", nil); err == nil {
		t.Error("still answers new connections after the first signal")
	}
	drive.Eventually(t, 10*time.Second, "further signals have ended the process", func() bool {
		_ = s.Cmd.Process.Signal(syscall.SIGTERM) // has ended, if it cannot be sent
		select {
		case <-s.Exited:
			return true
		default:
			return false
		}
	})
	close(resume)
	<-ended
}

func TestASecondInstanceOnTheSameDataFolderIsRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	code, out := s.run("-addr", drive.FreeAddr(t), "-backend-addr", "off", "-data", s.Data)
	if code != 1 || !strings.Contains(out, s.Data) || !strings.Contains(out, "in use") || !strings.Contains(out, "-data") {
		t.Errorf("exit status %d and %q, want 1 and how to mend it", code, out)
	}
	if a := s.visitor().get("/readyz"); a.Status != http.StatusOK {
		t.Errorf("the first instance is not ready any more: %v", a)
	}
	s.Kill() // a lock must not outlive its owner
	s.Start()
}

func TestATakenAddressIsSaid(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	code, out := s.run("-addr", s.Addr, "-backend-addr", "off", "-data", t.TempDir())
	if code != 1 || !strings.Contains(out, s.Addr) || !strings.Contains(out, "-addr") {
		t.Errorf("exit status %d and %q, want 1 and how to mend it", code, out)
	}
}

func TestWrongFlagsListEveryMistake(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	code, out := s.run("-addr", "nowhere", "-backend-addr", "alsonowhere", "-origin", "app.example.com/x", "-database", "mysql://u:secret@h/d", "-data", "")
	if code != 2 {
		t.Errorf("exit status %d, want 2", code)
	}
	for _, want := range []string{"-addr", "nowhere", "-backend-addr", "alsonowhere", "-origin", "-database", "-data"} {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "secret") {
		t.Errorf("repeats a password:\n%s", out)
	}
	for _, args := range [][]string{{"-no-such-flag"}, {"serve"}, {"keys", "-addr"}} {
		if code, out := s.run(args...); code != 2 || out == "" {
			t.Errorf("%v: exit status %d and %q, want 2 and a message", args, code, out)
		}
	}
}

// run runs the program to its end, which must come soon.
func (s *server) run(args ...string) (code int, output string) {
	s.T.Helper()
	cmd := s.Command(args...)
	timer := time.AfterFunc(drive.StartLimit, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.T.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}
