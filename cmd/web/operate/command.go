package operate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/usherauth/usher/identity"
)

// Instance is what commands work on.
type Instance struct {
	BackendURL string            // of the Backend API, without /v1
	SecretKey  string            // of the Backend API
	Transport  http.RoundTripper // nil is the network
	Service    *identity.Service // nil with a hosted instance
	Served     bool              // by a server, beside which the command runs
	Close      func() error
}

// Env is the world around a command.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time
	// DataDir is the data folder where -data names no other.
	DataDir string
	// Open opens the instance of a data folder. With alone it fails while a server has
	// the folder.
	Open func(ctx context.Context, dataDir string, alone bool) (*Instance, error)
}

// UsageError is a command line that means nothing.
type UsageError struct{ text string }

// Error says what is wrong and how to ask for help.
func (e *UsageError) Error() string { return e.text }

func usagef(c *command, format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...) + " (web " + c.name() + " -h says more)"}
}

// command is one entry of the table.
type command struct {
	group, verb string
	args        string // how its arguments are written
	help        string // what it does, in a line
	more        string // what else to know, after an empty line
	plain       bool   // it prints no records, so there is no -json
	setup       func(*options) action
}

// action is what a command does once its flags are parsed.
type action func(context.Context, *task) error

func (c *command) name() string { return strings.TrimSpace(c.group + " " + c.verb) }

// commands in the order in which they are listed.
var commands = slices.Concat(userCommands, sessionCommands, orgCommands, accessCommands, planCommands, keyCommands, auditCommands, transferCommands)

// Is reports whether a command line is one of this package's.
func Is(args []string) bool {
	if len(args) == 0 {
		return false
	}
	if args[0] == "keys" { // alone, or with flags, it is the program's own
		return len(args) > 1 && !strings.HasPrefix(args[1], "-")
	}
	return slices.ContainsFunc(commands, func(c *command) bool { return c.group == args[0] })
}

// Unknown is the error of a command line that begins with a word, which neither this package
// nor others of the program know; nil where it begins with a flag or not at all.
func Unknown(args []string, others ...string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return nil
	}
	for _, c := range commands {
		others = append(others, c.group)
	}
	slices.Sort(others)
	return &UsageError{fmt.Sprintf("there is no command %q: it is one of %s (web -h says what they do)", args[0], strings.Join(slices.Compact(others), ", "))}
}

// List describes the commands, one a line, after others of the program: pairs of a name
// and what it does.
func List(w io.Writer, others ...[2]string) {
	for _, c := range commands {
		others = append(others, c.entry())
	}
	list(w, others)
}

func (c *command) entry() [2]string {
	return [2]string{strings.TrimSpace(c.name() + " " + c.args), c.help}
}

func list(w io.Writer, entries [][2]string) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, e := range entries {
		_, _ = fmt.Fprintf(t, "  web %s\t%s\n", e[0], e[1])
	}
	_ = t.Flush()
}

// Run runs the command that args name. The error is a *[UsageError], [flag.ErrHelp] after
// help was printed, or says what went wrong and what to do.
func Run(ctx context.Context, env Env, args []string) error {
	c, rest, err := find(env, args)
	if err != nil {
		return err
	}
	o := newOptions(env, c)
	do := c.setup(o)
	if err := o.parse(rest); err != nil {
		return err
	}
	in, err := env.Open(ctx, o.dataDir, o.aloneIf != nil && o.aloneIf())
	if err != nil {
		return err
	}
	t := &task{Env: env, api: newAPI(in), service: in.Service, served: in.Served, args: o.args, json: o.json}
	return errors.Join(do(ctx, t), in.Close())
}

// find cuts a command's name off args.
func find(env Env, args []string) (*command, []string, error) {
	group := slices.DeleteFunc(slices.Clone(commands), func(c *command) bool { return c.group != args[0] })
	if len(group) == 1 && group[0].verb == "" {
		return group[0], args[1:], nil
	}
	if len(args) > 1 {
		for _, c := range group {
			if c.verb == args[1] {
				return c, args[2:], nil
			}
		}
		if slices.Contains([]string{"-h", "-help", "--help", "help"}, args[1]) {
			var entries [][2]string
			for _, c := range group {
				entries = append(entries, c.entry())
			}
			list(env.Stderr, entries)
			return nil, nil, flag.ErrHelp
		}
	}
	var verbs []string
	for _, c := range group {
		verbs = append(verbs, c.verb)
	}
	return nil, nil, &UsageError{fmt.Sprintf("say what to do with %s: one of %s (web %s -h says more)", args[0], strings.Join(verbs, ", "), args[0])}
}

// task is a command while it runs.
type task struct {
	Env
	api     *api
	service *identity.Service
	served  bool
	args    []string
	json    bool
}

// embedded returns the service, or says that this needs one.
func (t *task) embedded(what string) (*identity.Service, error) {
	if t.service == nil {
		return nil, errors.New(what + " is for the embedded service, but CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY name a hosted instance: unset them, or use its dashboard")
	}
	return t.service, nil
}

// say prints a line for people. With -json there are only objects.
func (t *task) say(format string, args ...any) error {
	if t.json {
		return nil
	}
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = clean(s)
		}
	}
	_, err := fmt.Fprintf(t.Stdout, format+"\n", args...)
	return err
}

// note prints a line beside the output.
func (t *task) note(format string, args ...any) { _, _ = fmt.Fprintf(t.Stderr, format+"\n", args...) }
