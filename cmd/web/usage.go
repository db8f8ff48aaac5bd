package main

import (
	"flag"
	"fmt"
	"io"

	"github.com/usherauth/usher/cmd/web/operate"
)

const program = "web"

// printUsage lists commands and the server's flags.
func printUsage(w io.Writer, flags *flag.FlagSet) {
	_, _ = fmt.Fprint(w, `usage: web [flags]             serve
       web COMMAND [flags]     do something else; web COMMAND -h says more

commands:
`)
	operate.List(w, [2]string{"keys", "print the embedded instance's keys as environment lines"},
		[2]string{"doctor", "check the configuration against the instance behind it"})
	_, _ = fmt.Fprintln(w, "\nflags:")
	flags.PrintDefaults()
	_, _ = fmt.Fprintln(w, "\nFor each environment variable NAME, NAME_FILE can name a file that holds the value.")
}
