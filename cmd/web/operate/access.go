package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/usherauth/usher/identity"
)

var accessCommands = []*command{
	{
		group: "access", verb: "show", help: "show roles with permissions, and plans with features", setup: showAccess,
		more: "\nPlans are for organizations or users; users show and orgs show say who has which.",
	},
	{
		group: "access", verb: "export", args: "FILE", plain: true, help: "write roles, permissions, features and plans to a JSON file, to be edited",
		more: "\nFILE - is standard output.", setup: exportAccess,
	},
	{
		group: "access", verb: "import", args: "FILE", plain: true, help: "make, change and delete roles, permissions, features and plans as the edited file says",
		more: `
All of it is done, or nothing. A list that the file leaves out ("roles", "permissions",
"features", "plans") stays as it is; an entry that a list leaves out is deleted, except the
roles org:admin and org:member, which are always there. Tokens follow within a minute.
FILE - is standard input.`,
		setup: importAccess,
	},
}

// accessEntry is one record of access show -json.
type accessEntry struct {
	object string
	value  any // as JSON an object that is not empty
}

// MarshalJSON puts object before the fields of what it is.
func (e accessEntry) MarshalJSON() ([]byte, error) {
	fields, err := json.Marshal(e.value)
	if err != nil {
		return nil, err
	}
	return append([]byte(`{"object":"`+e.object+`",`), fields[1:]...), nil
}

func showAccess(o *options) action {
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		doc, err := t.access(ctx, "access show")
		if err != nil {
			return err
		}
		roles := t.rows("ROLE", "NAME", "PERMISSIONS")
		for _, r := range doc.Roles {
			err = errors.Join(err, roles.addList(accessEntry{"role", r}, r.Permissions, r.Key, r.Name))
		}
		permissions := t.rows("PERMISSION", "NAME")
		for _, p := range doc.Permissions {
			err = errors.Join(err, permissions.addList(accessEntry{"permission", p}, nil, p.Key, p.Name))
		}
		features := t.rows("FEATURE", "NAME")
		for _, f := range doc.Features {
			err = errors.Join(err, features.addList(accessEntry{"feature", f}, nil, f.Key, f.Name))
		}
		plans := t.rows("PLAN", "NAME", "FOR", "FEATURES")
		for _, p := range doc.Plans {
			err = errors.Join(err, plans.addList(accessEntry{"plan", p}, p.Features, p.Key, p.Name, p.For))
		}
		for i, table := range []*rows{roles, permissions, features, plans} {
			if i > 0 && table.lines > 0 {
				err = errors.Join(err, t.say(""))
			}
			err = errors.Join(err, table.flush())
		}
		return err
	}
}

// addList prints a record with a list in the last column, a line for each value. Where head
// has no column for a list, there is none.
func (r *rows) addList(record accessEntry, list []string, cells ...string) error {
	raw, err := json.Marshal(record)
	if err != nil {
		return err
	}
	indent := strings.Repeat("\t", len(cells))
	if len(r.head) > len(cells) {
		cells = append(cells, strings.Join(list[:min(1, len(list))], ""))
	}
	if err := r.add(raw, func() ([]string, error) { return cells, nil }); err != nil || r.task.json || len(list) < 2 {
		return err
	}
	for _, v := range list[1:] {
		_, _ = fmt.Fprintln(r.table, indent+clean(v))
	}
	return nil
}

// access reads what is configured.
func (t *task) access(ctx context.Context, what string) (identity.Access, error) {
	service, err := t.embedded(what)
	if err != nil {
		return identity.Access{}, err
	}
	return service.Access(ctx)
}

func exportAccess(o *options) action {
	o.wants(1, 1)
	return func(ctx context.Context, t *task) error {
		doc, err := t.access(ctx, "access export")
		if err != nil {
			return err
		}
		write := func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			e.SetEscapeHTML(false)
			return e.Encode(doc)
		}
		if file, err := t.output(write); err != nil || !file {
			return err
		}
		return t.say("roles, permissions, features and plans are in %s: edit it, and web access import takes it", t.args[0])
	}
}

func importAccess(o *options) action {
	yes := o.Bool("yes", false, "also do what takes something away; without it nothing is done then")
	o.wants(1, 1)
	return func(ctx context.Context, t *task) error {
		service, err := t.embedded("access import")
		if err != nil {
			return err
		}
		before, err := service.Access(ctx)
		if err != nil {
			return err
		}
		in, err := t.input()
		if err != nil {
			return err
		}
		defer func() { _ = in.Close() }() // it was only read
		after, err := readAccess(in, before)
		if err == nil {
			err = service.CheckAccess(ctx, after)
		}
		if err != nil {
			return unchanged(err)
		}
		changes := compareAccess(before, after)
		if lost := changes.lost(); len(lost) > 0 && !*yes {
			return fmt.Errorf("would %s: add -yes to do it; web access export makes a copy first", strings.Join(lost, ", "))
		}
		if err := service.SetAccess(ctx, after); err != nil {
			return unchanged(err)
		}
		return t.tellChanges(changes)
	}
}

// unchanged says after what is wrong with a file that nothing came of it.
func unchanged(err error) error {
	text := strings.ReplaceAll(err.Error(), "identity: access: ", "")
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, clean(line))
	}
	return errors.New(strings.Join(lines, "\n") + "\nNothing was changed. Mend the file and import it again.")
}

func (t *task) tellChanges(changes accessChanges) error {
	for _, c := range changes {
		if err := t.say("%s", c.done); err != nil {
			return err
		}
	}
	if len(changes) == 0 {
		return t.say("the instance has what the file says")
	}
	return nil
}
