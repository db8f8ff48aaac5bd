package sqlitestore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
)

// What every page asks for must not read whole tables.
func TestHotQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	check(t, s.Update(t.Context(), func(tx identity.Tx) error { return signUp("1")(tx) }))
	org := "org_1"
	plans, err := sqlitestore.Plans(s, func(tx identity.Tx) {
		_, _ = tx.User("user_1")
		_, _ = tx.UserByEmail("1@example.com")
		_, _ = tx.CountUsers(identity.UserQuery{})
		_, _ = tx.CountOrganizations(identity.OrganizationQuery{})
		_, _ = tx.Client("client_1")
		_, _ = tx.Session("sess_1")
		_, _ = tx.Sessions(identity.SessionQuery{ClientID: "client_1"})
		_, _ = tx.Sessions(identity.SessionQuery{ClientID: "client_1", Live: true, At: time.Unix(1, 0)})
		_, _ = tx.Sessions(identity.SessionQuery{UserID: "user_1", Status: "active", Limit: 10})
		_, _ = tx.SignIn("sia_1")
		_, _ = tx.SignUp("sua_1")
		_, _ = tx.Setting("a")
		_, _ = tx.Organization(org)
		_, _, _ = tx.CountPeople([]string{org}, time.Unix(1, 0))
		_, _ = tx.OrganizationBySlug("acme")
		_, _ = tx.Membership(org, "user_1")
		_, _ = tx.Memberships(identity.MembershipQuery{UserID: "user_1"})
		_, _ = tx.CountMemberships(identity.MembershipQuery{UserID: "user_1"})
		_, _ = tx.Memberships(identity.MembershipQuery{OrgID: org, Search: "a"})
		_, _ = tx.CountMemberships(identity.MembershipQuery{OrgID: org})
		_, _ = tx.Memberships(identity.MembershipQuery{OrgID: org, OrderBy: "-email_address"})
		_, _ = tx.Invitation("inv_1")
		_, _ = tx.CountInvitations(identity.InvitationQuery{OrgID: &org})
		_, _ = tx.Grant("grant_1")
		_, _ = tx.GrantBySecret([]byte("1"))
		_, _ = tx.Image("img_1")
		_, _ = tx.AuditEvents(identity.AuditQuery{OrgID: org, Limit: 10})
	})
	check(t, err)
	if len(plans) < 24 {
		t.Errorf("only %d plans", len(plans))
	}
	for query, plan := range plans {
		plan = strings.ReplaceAll(plan, "SCAN json_each", "") // ids that are asked for
		if strings.Contains(plan, "SCAN") {
			t.Errorf("%s\n%s", query, plan)
		}
	}
}

// A list's first step is what finds its rows. Those that end with a limit walk through
// an index in the order of the list; what else they sort is ties, or as many rows as
// they found.
func TestListsUseIndexes(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	check(t, s.Update(t.Context(), func(tx identity.Tx) error { return signUp("1")(tx) }))
	two, org, none := []string{"1", "2"}, "org_1", ""
	newer := identity.Period{After: time.Unix(1, 0)}
	tests := []struct {
		name string
		q    any
		want string // the beginning of the plan
	}{
		{"the newest users", identity.UserQuery{Limit: 10}, "SCAN u USING INDEX users_created\nSCAN u\n"},
		{"the newest who match", identity.UserQuery{Limit: 10, Search: "a", NamePart: "b"}, "SCAN u USING INDEX users_created\nSCAN u\n"},
		{"the oldest users", identity.UserQuery{Limit: 10, OrderBy: "+created_at"},
			"SCAN u USING INDEX users_created\nUSE TEMP B-TREE FOR LAST TERM OF ORDER BY\nSCAN u\n"},
		{"users after one", identity.UserQuery{Limit: 10, After: "user_1"}, "SEARCH u USING INDEX users_created (created_at<?)\nSCAN u\n"},
		{"users after one, the oldest first", identity.UserQuery{Limit: 10, After: "user_1", OrderBy: "+created_at"},
			"SEARCH u USING INDEX users_created (created_at>?)\nUSE TEMP B-TREE FOR LAST TERM OF ORDER BY\nSCAN u\n"},
		{"users of a time", identity.UserQuery{Limit: 10, Created: newer}, "SEARCH u USING INDEX users_created (created_at>?)\nSCAN u\n"},
		{"users by id", identity.UserQuery{IDs: two}, "SEARCH u USING INDEX sqlite_autoindex_users_1 (id=?)\n"},
		{"users by external id", identity.UserQuery{ExternalIDs: two}, "SEARCH u USING INDEX users_external_id (external_id=?)\n"},
		{"users by user name", identity.UserQuery{Usernames: two}, "SEARCH u USING INDEX users_username (username=?)\n"},
		{"users by address", identity.UserQuery{Emails: two},
			"SEARCH u USING INDEX sqlite_autoindex_users_1 (id=?)\nLIST SUBQUERY 1\nSEARCH emails USING INDEX sqlite_autoindex_emails_2 (normalized=?)\n"},
		{"users by organization", identity.UserQuery{OrgIDs: two},
			"SEARCH u USING INDEX sqlite_autoindex_users_1 (id=?)\nLIST SUBQUERY 1\nSEARCH memberships USING INDEX memberships_org (org_id=?)\n"},
		{"the newest organizations", identity.OrganizationQuery{Limit: 10}, "SCAN o USING INDEX organizations_created\n"},
		{"organizations by id", identity.OrganizationQuery{IDs: two}, "SEARCH o USING INDEX sqlite_autoindex_organizations_1 (id=?)\n"},
		{"organizations by member", identity.OrganizationQuery{UserIDs: two}, "SEARCH o USING INDEX sqlite_autoindex_organizations_1 (id=?)\n" +
			"LIST SUBQUERY 1\nSEARCH memberships USING COVERING INDEX sqlite_autoindex_memberships_2 (user_id=?)\n"},
		{"the newest members", identity.MembershipQuery{OrgID: org, Roles: two, Limit: 10}, "SEARCH m USING INDEX memberships_org (org_id=?)\n"},
		{"members by user", identity.MembershipQuery{UserIDs: two}, "SEARCH m USING INDEX sqlite_autoindex_memberships_2 (user_id=?)\n"},
		{"members by user and organization", identity.MembershipQuery{OrgID: org, UserIDs: two},
			"SEARCH m USING INDEX sqlite_autoindex_memberships_2 (user_id=? AND org_id=?)\n"},
		{"the newest invitations", identity.InvitationQuery{OrgID: &org, Statuses: two, Limit: 10},
			"SEARCH invitations USING INDEX invitations_org (org_id=?)\n"},
		{"the newest invitations to sign up", identity.InvitationQuery{OrgID: &none, Limit: 10},
			"SEARCH invitations USING INDEX invitations_org (org_id=?)\n"},
		{"invitations by address", identity.InvitationQuery{Emails: two}, "SEARCH invitations USING INDEX invitations_normalized (normalized=?)\n"},
		{"invitations by address and organization", identity.InvitationQuery{OrgID: &org, Emails: two},
			"SEARCH invitations USING INDEX invitations_normalized (normalized=?)\n"},
		{"the newest events", identity.AuditQuery{Limit: 10}, "SCAN audit_events USING INDEX audit_events_at\n"},
		{"events of a time", identity.AuditQuery{Since: newer.After, Until: newer.After},
			"SEARCH audit_events USING INDEX audit_events_at (at>? AND at<?)\n"},
		{"events by user and type", identity.AuditQuery{UserID: "user_1", Types: two, Since: newer.After},
			"SEARCH audit_events USING INDEX audit_events_user (user_id=? AND at>?)\n"},
		{"events by organization", identity.AuditQuery{OrgID: org, Until: newer.After},
			"SEARCH audit_events USING INDEX audit_events_org (org_id=? AND at<?)\n"},
	}
	for _, tt := range tests {
		plan, err := sqlitestore.ListPlan(s, tt.q)
		if err != nil || !strings.HasPrefix(strings.TrimPrefix(plan, "CO-ROUTINE u\n"), tt.want) {
			t.Errorf("%s: %v\n%swant\n%s", tt.name, err, plan, tt.want)
		}
		if _, events := tt.q.(identity.AuditQuery); events && plan != tt.want {
			t.Errorf("%s: the index does not give the order:\n%s", tt.name, plan)
		}
	}
}
