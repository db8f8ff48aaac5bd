package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/usherauth/usher/identity"
)

var transferCommands = []*command{
	{
		group: "export", args: "FILE", plain: true, help: "write users, organizations, memberships, invitations and roles to a file",
		more: `
The file has one JSON object a line and is complete only when the command succeeds. It
holds password hashes and addresses: keep it as safe as the data folder. Sessions and the
audit log are not in it. FILE - is standard output; a pipe or a device is written to.`,
		setup: exportAll,
	},
	{
		group: "import", args: "FILE", plain: true, help: "read what export wrote, or the CSV file of users that a hosted instance's dashboard gives",
		more: `
Records whose id is there already stay as they are, so an import that was cut short can be
run again. Passwords with a hash of bcrypt or argon2 get one of this service at the next
sign-in. What cannot be taken is listed with its line and why. FILE - is standard input.`,
		setup: importAll,
	},
}

func exportAll(o *options) action {
	keys := o.Bool("keys", false, "also the instance's id, secret key and signing keys: whoever has the file is the instance")
	o.wants(1, 1)
	return func(ctx context.Context, t *task) error {
		service, err := t.embedded("export")
		if err != nil {
			return err
		}
		p := t.progress()
		write := func(w io.Writer) error {
			return service.Export(ctx, w, identity.ExportOptions{Keys: *keys, Progress: p.update})
		}
		file, err := t.output(write)
		p.end()
		if err == nil && file {
			err = t.say("records in %s: %s", t.args[0], count(p.records))
		}
		return err
	}
}

func importAll(o *options) action {
	var opts identity.ImportOptions
	o.BoolVar(&opts.Replace, "replace", false, "put records in the place of those with the same id")
	o.BoolVar(&opts.DropSecondFactors, "drop-second-factors", false, "take users with an authenticator app, which this service does not ask for")
	o.BoolVar(&opts.Keys, "keys", false, "become the instance that was exported with -keys; no server may run")
	o.wants(1, 1)
	o.aloneIf = func() bool { return opts.Keys }
	return func(ctx context.Context, t *task) error {
		service, err := t.embedded("import")
		if err != nil {
			return err
		}
		in, err := t.input()
		if err != nil {
			return err
		}
		defer func() { _ = in.Close() }() // it was only read
		p := t.progress()
		opts.Gentle, opts.Progress = t.served, p.update
		opts.Notice = func(n identity.ImportNotice) {
			p.clear()
			text := n.Text
			if n.ID != "" {
				text = n.ID + ": " + text
			}
			t.note("line %d: %s", n.Line, clean(text))
		}
		result, err := service.Import(ctx, in, opts)
		p.end()
		if errors.Is(err, context.Canceled) {
			err = fmt.Errorf("interrupted; what is counted here is in, and running the import again goes on: %w", err)
		}
		return errors.Join(t.tell(result), err, incomplete(result))
	}
}

// input opens the file that the argument names.
func (t *task) input() (io.ReadCloser, error) {
	if t.args[0] == "-" {
		return io.NopCloser(t.Stdin), nil
	}
	return os.Open(t.args[0])
}

// tell prints what an import did, a line for each kind of record.
func (t *task) tell(r identity.ImportResult) error {
	total := 0
	for _, part := range []struct {
		did    string
		counts map[string]int64
	}{{"taken", r.Created}, {"replaced", r.Replaced}, {"were there already", r.Kept}, {"refused", r.Refused}, {"left out", r.LeftOut}} {
		for _, kind := range slices.Sorted(maps.Keys(part.counts)) {
			total++
			if err := t.say("%s %s: %s", kind, part.did, count(part.counts[kind])); err != nil {
				return err
			}
		}
	}
	if total > 0 {
		return nil
	}
	return t.say("there was nothing to import")
}

// incomplete is the error of an import that did not take everything.
func incomplete(r identity.ImportResult) error {
	n := int64(0)
	for _, c := range r.Refused {
		n += c
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("records that were refused: %s (see above). Mend them in the file and run the import again, which takes only what is missing", count(n))
}
