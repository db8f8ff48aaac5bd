package operate

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"
)

// options are a command's flags and, once parsed, its arguments.
type options struct {
	*flag.FlagSet
	command *command
	dataDir string
	json    bool
	now     func() time.Time
	aloneIf func() bool // reports, after parsing, that nobody else may have the data folder; nil: never
	least   int         // arguments
	most    int         // -1: any number
	args    []string
}

// newOptions has the flags that every command has.
func newOptions(env Env, c *command) *options {
	o := &options{FlagSet: flag.NewFlagSet("web "+c.name(), flag.ContinueOnError), command: c, now: env.Now}
	o.SetOutput(env.Stderr)
	o.StringVar(&o.dataDir, "data", env.DataDir, "`folder` of the embedded service (environment: DATA_DIR)")
	if !c.plain {
		o.BoolVar(&o.json, "json", false, "print JSON Lines: one object a line, as the Backend API has it")
	}
	o.Usage = func() {
		w := o.Output()
		_, _ = fmt.Fprintf(w, "usage: web %s\n\n%s.\n", strings.TrimSpace(c.name()+" [flags] "+c.args), strings.ToUpper(c.help[:1])+c.help[1:])
		if c.more != "" {
			_, _ = fmt.Fprintf(w, "%s\n", c.more)
		}
		_, _ = fmt.Fprintln(w, "\nflags:")
		o.PrintDefaults()
	}
	return o
}

// wants says how many arguments a command takes; most is -1 for any number.
func (o *options) wants(least, most int) { o.least, o.most = least, most }

// parse reads flags wherever they stand among the arguments, up to --.
func (o *options) parse(args []string) error {
	for {
		err := o.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		if err != nil {
			return &UsageError{err.Error()} // the flag package has printed the usage
		}
		rest := o.Args()
		if n := len(args) - len(rest); n > 0 && args[n-1] == "--" {
			o.args = append(o.args, rest...)
			break
		}
		if len(rest) == 0 {
			break
		}
		o.args, args = append(o.args, rest[0]), rest[1:]
	}
	switch n := len(o.args); {
	case n < o.least:
		return usagef(o.command, "%s is missing", strings.Fields(o.command.args)[n])
	case o.most >= 0 && n > o.most:
		return usagef(o.command, "unexpected argument %q", o.args[o.most])
	}
	return nil
}

// texts is a flag that may be given several times.
type texts []string

func (l *texts) String() string { return strings.Join(*l, ",") }

// Set implements [flag.Value].
func (l *texts) Set(s string) error {
	*l = append(*l, s)
	return nil
}

// moment is a flag that is a point in time, or how long ago.
type moment struct {
	time.Time
	now func() time.Time
}

func (m *moment) String() string {
	if m.IsZero() {
		return ""
	}
	return m.Format(time.RFC3339)
}

// Set implements [flag.Value].
func (m *moment) Set(s string) error {
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		m.Time = m.now().Add(-ago)
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			m.Time = at
			return nil
		}
	}
	return errors.New("write a time such as 2026-11-23 or 2026-11-23T12:00:00Z, or how long ago, such as 24h")
}
