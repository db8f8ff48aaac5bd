package views_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

func event(kind, address string, minutesAgo int) wire.AuditEvent {
	e := wire.AuditEvent{Object: "audit_event", Type: kind, CreatedAt: clock.Add(-time.Duration(minutesAgo) * time.Minute).UnixMilli()}
	if address != "" {
		e.Activity = &wire.SessionActivity{BrowserName: "Firefox", DeviceType: "Linux", IPAddress: address}
	}
	return e
}

func activityRows(t *testing.T, events ...wire.AuditEvent) (rows []string) {
	t.Helper()
	root := parse(t, render(t, signedIn(t), views.UserProfile(views.Profile{User: ada(), Activity: events})))
	for _, n := range elements(list(root, "usher-activity"), "li") {
		rows = append(rows, strings.Join(strings.Fields(text(n)), " "))
	}
	return rows
}

func TestRecentActivity(t *testing.T) {
	t.Parallel()
	got := activityRows(t,
		event("session.created", "192.0.2.7", 0), event("password.refused", "192.0.2.8", 1), event("password.refused", "192.0.2.8", 2),
		event("password.refused", "192.0.2.9", 3), event("session.created", "192.0.2.7", 4), event("session.created", "192.0.2.7", 5),
		event("<b>new</b>.kind_of_event", "", 6))
	want := []string{
		"Signed in Firefox on Linux, 192.0.2.7 · 1 May 2026, 12:00 UTC",
		"A wrong password was entered 2 times Firefox on Linux, 192.0.2.8 · 1 May 2026, 11:59 UTC",
		"A wrong password was entered Firefox on Linux, 192.0.2.9 · 1 May 2026, 11:57 UTC",
		"Signed in Firefox on Linux, 192.0.2.7 · 1 May 2026, 11:56 UTC",
		"Signed in Firefox on Linux, 192.0.2.7 · 1 May 2026, 11:55 UTC",
		"<b>new</b> kind of event 1 May 2026, 11:54 UTC",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("rows\n%s\nwant\n%s", g, w)
	}
}

func TestRecentActivityIsBounded(t *testing.T) {
	t.Parallel()
	var events []wire.AuditEvent
	for i := range 60 {
		events = append(events, event("password.refused", "192.0.2.8", i))
	}
	for i := range 40 {
		events = append(events, event("session.created", fmt.Sprint("192.0.2.", i), 60+i))
	}
	rows := activityRows(t, events...)
	if len(rows) != 20 || !strings.Contains(rows[0], "60 times") || !strings.HasPrefix(rows[1], "Signed in") {
		t.Errorf("%d rows: %q", len(rows), rows)
	}
	if page := render(t, signedIn(t), views.UserProfile(views.Profile{User: ada()})); strings.Contains(page, "activity") {
		t.Error("nothing happened, and the page speaks of it")
	}
}
