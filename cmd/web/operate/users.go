package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/usherauth/usher/wire"
)

var userCommands = []*command{
	{
		group: "users", verb: "list", help: "list users, newest first", setup: listUsers,
	},
	{
		group: "users", verb: "show", args: "USER", help: "show one user with addresses, organizations and sessions",
		more: userHelp, setup: showUser,
	},
	{
		group: "users", verb: "create", help: "create a user; its address counts as verified", setup: createUser,
		more: "\nA password is never an argument, where other programs of this machine and the shell's\nhistory would have it: it is read from standard input, or made up and printed once.",
	},
	change("ban", "keep users out and end their sessions; a token in use ends within a minute", "banned"),
	change("unban", "let banned users in again", "may sign in again"),
	change("lock", "keep users from signing in for a while; their sessions go on", "locked"),
	change("unlock", "end a lock, also one that wrong passwords led to", "unlocked"),
	{
		group: "users", verb: "delete", args: "USER...", help: "delete users and everything about them, for good",
		more: userHelp, setup: deleteUsers,
	},
}

const userHelp = "\nUSER is an id, an e-mail address, or a user name."

func listUsers(o *options) action {
	search := o.String("query", "", "only those with this `text` in id, name, user name or an address")
	banned := o.Bool("banned", false, "only banned users")
	order := o.String("order", "-created_at", "`field` to sort by after + or -: created_at, updated_at, last_sign_in_at, last_active_at, email_address")
	limit := o.Int("limit", 100, "at most so many users; 0 is all")
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		query := url.Values{"order_by": {*order}}
		if *search != "" {
			query.Set("query", *search)
		}
		if *banned {
			query.Set("banned", "true")
		}
		l := listing{path: "/users", query: query, limit: *limit, cursor: strings.TrimLeft(*order, "+-") == "created_at"}
		head := []string{"ID", "ADDRESS", "NAME", "STATE", "CREATED", "LAST SIGN-IN"}
		return show(ctx, t, l, head, func(u wire.User) []string {
			return []string{u.ID, u.PrimaryEmail(), fullName(u), userState(u), when(u.CreatedAt), whenever(u.LastSignInAt)}
		})
	}
}

func fullName(u wire.User) string { return fullNameOf(string(u.FirstName), string(u.LastName)) }

func fullNameOf(first, last string) string { return strings.TrimSpace(first + " " + last) }

func userState(u wire.User) string {
	switch {
	case u.Banned:
		return "banned"
	case u.Locked:
		return "locked"
	}
	return "active"
}

// user finds who is meant by an id, an address or a user name.
func (t *task) user(ctx context.Context, who string) (raw json.RawMessage, u wire.User, err error) {
	if isUserID(who) {
		err = t.api.call(ctx, http.MethodGet, "/users/"+segment(who), nil, nil, &raw)
		if missing(err) {
			return nil, u, noUser(who)
		}
	} else {
		field := "username"
		if strings.Contains(who, "@") {
			field = "email_address"
		}
		var found []json.RawMessage
		found, err = t.api.page(ctx, "/users", url.Values{field: {who}, "limit": {"2"}})
		if err == nil && len(found) != 1 {
			return nil, u, noUser(who)
		}
		if err == nil {
			raw = found[0]
		}
	}
	if err == nil {
		err = json.Unmarshal(raw, &u)
	}
	return raw, u, err
}

func noUser(who string) error {
	return fmt.Errorf("there is no user %q: web users list -query TEXT looks for one", clean(who))
}

// eachUser runs f on every user that the arguments name, and goes on after a failure.
func (t *task) eachUser(ctx context.Context, f func(wire.User) error) error {
	var errs []error
	for _, who := range t.args {
		_, u, err := t.user(ctx, who)
		if err == nil {
			err = f(u)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", clean(who), err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// change is a command that posts to users/{id}/verb.
func change(verb, help, done string) *command {
	return &command{group: "users", verb: verb, args: "USER...", help: help, more: userHelp, setup: func(o *options) action {
		o.wants(1, -1)
		return func(ctx context.Context, t *task) error {
			return t.eachUser(ctx, func(u wire.User) error {
				var raw json.RawMessage
				if err := t.api.call(ctx, http.MethodPost, "/users/"+segment(u.ID)+"/"+verb, nil, struct{}{}, &raw); err != nil {
					return err
				}
				return t.done(raw, "%s %s", u.ID, done)
			})
		}
	}}
}

// done reports a change: the object with -json, a line otherwise.
func (t *task) done(raw json.RawMessage, format string, args ...any) error {
	if t.json {
		return writeLine(t.Stdout, raw)
	}
	return t.say(format, args...)
}

func deleteUsers(o *options) action {
	yes := o.Bool("yes", false, "delete them; without it nothing is done")
	o.wants(1, -1)
	return func(ctx context.Context, t *task) error {
		return t.eachUser(ctx, func(u wire.User) error {
			if !*yes {
				return fmt.Errorf("would delete %s (%s): add -yes to do it; web export makes a copy first", u.ID, clean(u.PrimaryEmail()))
			}
			var raw json.RawMessage
			if err := t.api.call(ctx, http.MethodDelete, "/users/"+segment(u.ID), nil, nil, &raw); err != nil {
				return err
			}
			return t.done(raw, "%s deleted", u.ID)
		})
	}
}

func isUserID(who string) bool { return strings.HasPrefix(who, "user_") }
