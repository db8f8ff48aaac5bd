// Command web is the demo of Usher and its embedded identity service in one binary: pages
// that show each of the library's calls, sign-up and sign-in, and the two APIs of the
// instance. Without configuration it runs offline and keeps everything in ./data; with
// CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY it runs against a hosted instance.
//
//	web [flags]        serve
//	web keys [flags]   print the embedded instance's keys as environment lines
//	web doctor [flags] check the configuration against the instance behind it
//	web users …        list, create, ban and delete users, and more: web -h lists the
//	                   commands of operators, docs/operating.md shows them
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/usherauth/usher/cmd/web/operate"
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv))
}

// run returns the exit status: 0 after a clean end, 2 for wrong flags or variables, 1 for
// everything else.
func run(args []string, getenv func(string) string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once. One that comes within the same second is the
	// first one again: process managers send it to the process and to its group.
	context.AfterFunc(ctx, func() {
		time.Sleep(time.Second)
		stop()
	})

	m := NewMain(os.Stdout, os.Stderr)
	var err error
	if operate.Is(args) {
		err = m.Operate(ctx, args, getenv)
	} else if len(args) > 0 && args[0] == "keys" {
		err = m.Keys(ctx, args[1:], getenv)
	} else if len(args) > 0 && args[0] == "doctor" {
		err = m.Doctor(ctx, args[1:], getenv)
	} else if err = operate.Unknown(args, "doctor", "keys"); err != nil {
		return report(err)
	} else if err = m.ParseFlags(args, getenv); err == nil {
		limitMemory(getenv, m.config.hashMemory)
		err = errors.Join(m.Run(ctx), m.Close())
	}
	return report(err)
}

func report(err error) int {
	var usage usageError
	var wrong *operate.UsageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		lines := strings.ReplaceAll(usage.Error(), "\n", "\n  - ")
		fmt.Fprintf(os.Stderr, "web: the configuration has mistakes:\n  - %s\n", lines)
		return 2
	}
	lines := strings.ReplaceAll(err.Error(), "\n", "\nweb: ")
	fmt.Fprintf(os.Stderr, "web: %s\n", lines)
	if errors.As(err, &wrong) {
		return 2
	}
	return 1
}
