package operate

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usherauth/usher/wire"
)

const auditPath = "/audit_events"

var auditCommands = []*command{
	{group: "audit", verb: "list", help: "list what happened, newest first", setup: listAudit},
}

func listAudit(o *options) action {
	who := o.String("user", "", "only what happened to this `user`: an id (also of one who was deleted), an address or a user name")
	org := o.String("org", "", "only what happened in this organization, by `id`")
	var types texts
	o.Var(&types, "type", "only this `type` of event, such as password.refused; more than once for several")
	since, until := moment{now: o.now}, moment{now: o.now}
	o.Var(&since, "since", "only from this `time` on: 2026-11-23, 2026-11-23T12:00:00Z, or 24h for a day ago")
	o.Var(&until, "until", "only before this `time`")
	limit := o.Int("limit", 100, "at most so many events; 0 is all")
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		query := url.Values{}
		if *who != "" {
			id, err := t.userID(ctx, *who)
			if err != nil {
				return err
			}
			query.Set("user_id", id)
		}
		if *org != "" {
			query.Set("organization_id", *org)
		}
		if len(types) > 0 {
			query["type"] = types
		}
		for name, at := range map[string]moment{"since": since, "until": until} {
			if !at.IsZero() {
				query.Set(name, strconv.FormatInt(at.UnixMilli(), 10))
			}
		}
		head := []string{"TIME", "EVENT", "USER", "BY", "ORGANIZATION", "FROM", "DETAILS"}
		found := false
		err := show(ctx, t, listing{path: auditPath, query: query, limit: *limit}, head, func(e wire.AuditEvent) []string {
			found = true
			details := string(e.Data)
			if details == "{}" {
				details = ""
			}
			return []string{
				when(e.CreatedAt), e.Type, string(e.UserID), string(e.ActorID), string(e.OrganizationID), whence(e.Activity), details,
			}
		})
		if err == nil && !found && !t.json && len(types) > 0 {
			err = t.noteTypes(ctx)
		}
		return err
	}
}

// noteTypes helps whoever found nothing of a type that may not exist. There is no list of
// them all, so it names those of the newest events.
func (t *task) noteTypes(ctx context.Context) error {
	page, err := t.api.page(ctx, auditPath, url.Values{"limit": {strconv.Itoa(pageSize)}})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, record := range page {
		var e wire.AuditEvent
		if err := json.Unmarshal(record, &e); err != nil {
			return err
		}
		seen[clean(e.Type)] = true
	}
	if len(page) == 0 {
		t.note("There are no events yet.")
		return nil
	}
	t.note("There is no such event. The newest %d are of the types %s.", len(page), strings.Join(slices.Sorted(maps.Keys(seen)), ", "))
	return nil
}

// userID is the id of a user who may be gone.
func (t *task) userID(ctx context.Context, who string) (string, error) {
	if isUserID(who) {
		return who, nil
	}
	_, u, err := t.user(ctx, who)
	return u.ID, err
}
