package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Doctor is the doctor command: it looks at the configuration and at the instance behind
// it, without changing either, and prints what it found with what to do. The error is
// nil when nothing is wrong.
func (m *Main) Doctor(ctx context.Context, args []string, getenv func(string) string) error {
	d := &checkup{network: m.network, now: m.Now}
	c, err := parseConfig("web doctor", args, getenv, m.stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		for mistake := range strings.SplitSeq(err.Error(), "\n") {
			d.bad("Configuration", mistake, "")
		}
	default:
		m.config, d.config = c, c
		d.examine(ctx)
	}
	return d.report(m.stdout)
}

// checkup collects findings. Nothing in them is secret.
type checkup struct {
	config  *config
	network http.RoundTripper // nil is the real one; other in tests only
	now     func() time.Time
	found   []finding
}

type finding struct {
	mark       string
	what, text string
	advice     string // what to do; "" when the text says it
}

const (
	good    = "✓"
	wrong   = "✗"
	neutral = "·"
)

func (d *checkup) ok(what, format string, args ...any) {
	d.found = append(d.found, finding{good, what, fmt.Sprintf(format, args...), ""})
}

func (d *checkup) bad(what, text, advice string) {
	d.found = append(d.found, finding{wrong, what, text, advice})
}

func (d *checkup) note(what, text, advice string) {
	d.found = append(d.found, finding{neutral, what, text, advice})
}

// examine runs the checks, each on what those before it have found.
func (d *checkup) examine(ctx context.Context) {
	if d.config.hosted() {
		d.ok("Configuration", "the hosted instance %s", d.config.publishable.Host())
	} else {
		d.ok("Configuration", "the embedded service, data in %s", d.config.dataDir)
		d.dataFolder()
	}
	d.origin()
	d.guards()
	p, err := d.patient(ctx)
	if err != nil {
		d.bad("Instance", err.Error(), "")
		return
	}
	d.server(ctx, p)
	if p == nil {
		d.note("Instance", "there is none in the data folder yet", "The first start makes it.")
		return
	}
	d.instance(ctx, p)
	if err := p.close(); err != nil {
		d.bad("Instance", err.Error(), "")
	}
}

// report prints the findings.
func (d *checkup) report(out io.Writer) error {
	var b strings.Builder
	count := 0
	for _, f := range d.found {
		fmt.Fprintf(&b, "%s %s: %s\n", f.mark, f.what, f.text)
		if f.advice != "" {
			fmt.Fprintf(&b, "    → %s\n", f.advice)
		}
		if f.mark == wrong {
			count++
		}
	}
	if count == 0 {
		b.WriteString("Nothing is wrong.\n")
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("print the findings: %w", err)
	}
	if count > 0 {
		return fmt.Errorf("the doctor found mistakes: %d (see above)", count)
	}
	return nil
}
