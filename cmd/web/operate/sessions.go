package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

var sessionCommands = []*command{
	{group: "sessions", verb: "list", help: "list sessions, newest first; the active ones unless -status says otherwise", setup: listSessions},
	{
		group: "sessions", verb: "revoke", args: "[SESSION...]", help: "end sessions by id, or with -user all of a user",
		more: "\nNobody gets a token for an ended session; one in use ends within a minute.", setup: revokeSessions,
	},
}

func listSessions(o *options) action {
	who := o.String("user", "", "only those of this `user`: an id, an address or a user name")
	status := o.String("status", wire.SessionActive, "only those with this `status`: active, pending, ended, expired, abandoned, removed, replaced, revoked")
	limit := o.Int("limit", 100, "at most so many sessions; 0 is all")
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		query := url.Values{"status": {*status}}
		if *who != "" {
			_, u, err := t.user(ctx, *who)
			if err != nil {
				return err
			}
			query.Set("user_id", u.ID)
		}
		head := []string{"ID", "USER", "STATUS", "FROM", "CREATED", "LAST ACTIVE"}
		return show(ctx, t, listing{path: "/sessions", query: query, limit: *limit}, head, func(s wire.Session) []string {
			return []string{s.ID, s.UserID, s.Status, whence(s.LatestActivity), when(s.CreatedAt), when(s.LastActiveAt)}
		})
	}
}

// whence is the browser and the address of something done.
func whence(a *wire.SessionActivity) string {
	if a == nil {
		return ""
	}
	parts := []string{a.BrowserName, a.DeviceType, a.IPAddress}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

func revokeSessions(o *options) action {
	who := o.String("user", "", "all active sessions of this `user`: an id, an address or a user name")
	o.wants(0, -1)
	return func(ctx context.Context, t *task) error {
		if (*who == "") == (len(t.args) == 0) {
			return usagef(o.command, "name sessions, or a user with -user")
		}
		ids := t.args
		if *who != "" {
			var err error
			if ids, err = t.activeSessions(ctx, *who); err != nil {
				return err
			}
			if len(ids) == 0 {
				return t.say("%s has no active session", *who)
			}
		}
		var errs []error
		for _, id := range ids {
			errs = append(errs, t.revoke(ctx, id))
		}
		return errors.Join(errs...)
	}
}

// activeSessions lists them all before any is ended: pages of a list that gets shorter
// meanwhile would skip some.
func (t *task) activeSessions(ctx context.Context, who string) (ids []string, err error) {
	_, u, err := t.user(ctx, who)
	if err != nil {
		return nil, err
	}
	query := url.Values{"user_id": {u.ID}, "status": {wire.SessionActive}}
	_, err = t.api.each(ctx, listing{path: "/sessions", query: query}, func(record json.RawMessage) error {
		ids = append(ids, idOf(record))
		return nil
	})
	return ids, err
}

func (t *task) revoke(ctx context.Context, id string) error {
	var raw json.RawMessage
	err := t.api.call(ctx, http.MethodPost, "/sessions/"+segment(id)+"/revoke", nil, struct{}{}, &raw)
	if missing(err) {
		return fmt.Errorf("there is no session %q: web sessions list shows those there are", clean(id))
	}
	if err != nil {
		return err
	}
	var s wire.Session
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	return t.done(raw, "%s %s", s.ID, s.Status) // one that had ended before stays as it was
}
