package pair

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// crowd is a number of clients that ask for the same.
type crowd struct {
	request []byte
	clients []client
	length  time.Duration
}

// client costs little beside the server it shares the machine with.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	took []time.Duration
	err  error
}

func dial(t Target, clients int) (*crowd, error) {
	all := &crowd{request: t.Request}
	for range clients {
		conn, err := net.Dial("tcp", t.Addr) //nolint:noctx // on this machine
		if err != nil {
			return nil, err
		}
		all.clients = append(all.clients, client{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)})
	}
	return all, nil
}

func (all *crowd) load(length time.Duration) error {
	var wg sync.WaitGroup
	began := time.Now() //nolint:forbidigo // a measurement of real time
	end := began.Add(length)
	for i := range all.clients {
		c := &all.clients[i]
		wg.Go(func() { c.err = c.ask(all.request, end) })
	}
	wg.Wait()
	all.length += time.Since(began) //nolint:forbidigo // up to the last answer, which slow targets send late
	n := 0
	for i := range all.clients {
		n += len(all.clients[i].took)
		if err := all.clients[i].err; err != nil {
			return fmt.Errorf("after %d answers: %w", n, err)
		}
	}
	if n == 0 {
		return errors.New("no answer in time")
	}
	return nil
}

// ask is bounded, for the server may not answer.
func (c *client) ask(request []byte, end time.Time) error {
	_ = c.conn.SetDeadline(end.Add(10 * time.Second))
	for start := time.Now(); start.Before(end); start = time.Now() { //nolint:forbidigo // as above
		if _, err := c.conn.Write(request); err != nil {
			return err
		}
		if err := readAnswer(c.in); err != nil {
			return err
		}
		c.took = append(c.took, time.Since(start)) //nolint:forbidigo // as above
	}
	return nil
}

// figures are what a crowd has seen so far.
type figures struct {
	Answers  int
	Length   time.Duration
	P50, P99 time.Duration
}

func (all *crowd) figures() figures {
	var took []time.Duration
	for i := range all.clients {
		took = append(took, all.clients[i].took...)
	}
	slices.Sort(took)
	n := len(took)
	return figures{n, all.length, took[n/2], took[n*99/100]}
}
