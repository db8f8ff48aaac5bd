package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/usherauth/usher/internal/pair"
)

// asClients marks a process of this program that only asks.
const asClients = "USHER_BENCH_CLIENTS"

// errand is what such a process reads; it writes two results.
type errand struct {
	One, Two pair.Target
	Clients  int
	Length   time.Duration
	CPUs     []int // where it may run
}

var errTooFew = errors.New("needs Linux and two processors")

// clientsOnly turns a process that [errand.run] has started into its clients, and does
// nothing in any other.
func clientsOnly() {
	if os.Getenv(asClients) == "" {
		return
	}
	if err := answerErrand(); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func answerErrand() error {
	var e errand
	if err := json.NewDecoder(os.Stdin).Decode(&e); err != nil {
		return err
	}
	if err := confine(e.CPUs); err != nil {
		return err
	}
	one, two, err := pair.Versus(e.One, e.Two, e.Clients, e.Length)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode([2]pair.Result{one, two})
}

// run has the errand done by a process of its own.
func (e errand) run(t *testing.T) (one, two pair.Result) {
	t.Helper()
	order, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), asClients+"=1")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(order), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var both [2]pair.Result
	if err := json.Unmarshal(out, &both); err != nil {
		t.Fatal(err)
	}
	return both[0], both[1]
}

// apart compares as [compare] does, with the load where it does not take from what is
// measured: the servers and the Backend API have one processor, the clients the others.
func apart(t *testing.T, in *instance, what, a, b string) {
	t.Helper()
	all, err := processors()
	if err == nil && len(all) < 2 {
		err = errTooFew
	}
	if errors.Is(err, errTooFew) {
		fmt.Println("skipped:", what+", clients apart:", err)
		return
	}
	if err == nil {
		err = confine(all[:1])
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := confine(all); err != nil {
			t.Error(err)
		}
	}()
	var ratios, ones, twos []float64
	for range pairs {
		one, two := errand{
			One: pair.Target{Addr: a, Request: in.ask(true)}, Two: pair.Target{Addr: b, Request: in.ask(true)},
			Clients: clients, Length: *runFor, CPUs: all[1:],
		}.run(t)
		ratios, ones, twos = append(ratios, one.Rate/two.Rate), append(ones, one.Rate), append(twos, two.Rate)
	}
	fmt.Printf("%s, servers on one processor, clients on %d more, %d pairs of %v\n  %s times its requests/s; %s against %s\n",
		what, len(all)-1, pairs, *runFor, pair.Quartiles(ratios), pair.Quartiles(ones), pair.Quartiles(twos))
}

// confine lets this process run on these processors only, and no more of it at a time.
func confine(cpus []int) error {
	if err := allow(cpus); err != nil {
		return err
	}
	runtime.GOMAXPROCS(len(cpus))
	return nil
}
