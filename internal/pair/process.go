package pair

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// asLoad marks a process that only asks.
const asLoad = "USHER_PAIR_LOAD"

// Main turns a process that [Load] or [Versus] has started into their clients, and does
// nothing in any other: the clients are a process of their own, made of the same program, so
// that what they take is not counted among what the servers take. TestMain calls it first, in
// each package that measures.
func Main() {
	if os.Getenv(asLoad) == "" {
		return
	}
	if err := answerOrders(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// order is what the process that measures wants of the clients: to dial a target, or else to
// have a crowd ask for some time, or else what a crowd has seen.
type order struct {
	Dial    *Target
	Clients int
	Crowd   int
	Ask     time.Duration
}

type report struct {
	Figures figures
	Err     string // "" is none
}

// answerOrders follows orders until there are none.
func answerOrders(in io.Reader, out io.Writer) error {
	orders, reports := gob.NewDecoder(in), gob.NewEncoder(out)
	var crowds []*crowd
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var r report
		var err error
		switch {
		case o.Dial != nil:
			var c *crowd
			c, err = dial(*o.Dial, o.Clients)
			crowds = append(crowds, c)
		case o.Ask > 0:
			err = crowds[o.Crowd].load(o.Ask)
		default:
			r.Figures = crowds[o.Crowd].figures()
		}
		if err != nil {
			r.Err = err.Error()
		}
		if err := reports.Encode(r); err != nil {
			return err
		}
	}
}

// process is the clients' process.
type process struct {
	cmd     *exec.Cmd
	in      io.Closer
	orders  *gob.Encoder
	reports *gob.Decoder
	crowds  int
}

func start() (*process, error) {
	if os.Getenv(asLoad) != "" {
		return nil, errors.New("pair: the clients' process measures itself: call pair.Main in TestMain")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self) //nolint:gosec,noctx // this very program, which ends with its input
	cmd.Env = append(os.Environ(), asLoad+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd: cmd, in: in, orders: gob.NewEncoder(in), reports: gob.NewDecoder(out)}, nil
}

func (p *process) stop() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

func (p *process) do(o order) (figures, error) {
	if err := p.orders.Encode(o); err != nil {
		return figures{}, err
	}
	var r report
	if err := p.reports.Decode(&r); err != nil {
		return figures{}, fmt.Errorf("pair: the clients' process does not answer: %w", err)
	}
	if r.Err != "" {
		return figures{}, errors.New(r.Err)
	}
	return r.Figures, nil
}

// remote is a crowd in the clients' process.
type remote struct {
	*process
	crowd int
	cpu   time.Duration
}

func (p *process) dial(t Target, clients int) (*remote, error) {
	if _, err := p.do(order{Dial: &t, Clients: clients}); err != nil {
		return nil, err
	}
	p.crowds++
	return &remote{process: p, crowd: p.crowds - 1}, nil
}

func (r *remote) ask(length time.Duration) error {
	before := CPUTime()
	_, err := r.do(order{Crowd: r.crowd, Ask: length})
	r.cpu += CPUTime() - before
	return err
}

func (r *remote) result() (Result, error) {
	f, err := r.do(order{Crowd: r.crowd})
	if err != nil {
		return Result{}, err
	}
	n := f.Answers
	return Result{float64(n) / f.Length.Seconds(), f.P50, f.P99, r.cpu / time.Duration(n)}, nil
}
