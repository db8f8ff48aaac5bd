package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"sync"
	"time"
)

const (
	startLimit = 60 * time.Second // generous: the machine may be busy
	startPoll  = 20 * time.Millisecond
)

// Process is an app that runs.
type Process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended

	mu  sync.Mutex
	log bytes.Buffer
}

// Write takes what the app says.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

// Log is what the app has said.
func (p *Process) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// Stop ends the app at once.
func (p *Process) Stop() {
	_ = p.cmd.Process.Kill() // may have ended by itself
	<-p.exited
}

// start runs a script in dir with more in its environment, until it answers at ready.
func start(ctx context.Context, dir, ready string, env []string, script ...string) (*Process, error) {
	node, err := Node()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: exec.Command(node, script...), exited: make(chan struct{})} //nolint:gosec,noctx // node as found, ended by Stop
	p.cmd.Dir, p.cmd.Env = dir, environment(env)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("peer: start %s: %w", dir, err)
	}
	go func() {
		_ = p.cmd.Wait() // what went wrong is in the log
		close(p.exited)
	}()
	if err := p.await(ctx, ready); err != nil {
		p.Stop()
		return nil, fmt.Errorf("peer: start %s: %w\n%s", dir, err, p.Log())
	}
	return p, nil
}

// await returns when there is an answer at address.
func (p *Process) await(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if answers(ctx, address) {
			return nil
		}
		select {
		case <-time.After(startPoll):
		case <-p.exited:
			return errors.New("it ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func answers(ctx context.Context, address string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}
