package sqlitestore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/identity/store"
)

// What every page asks for must not read whole tables.
func TestHotQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer func() { _ = s.Close() }()
	check(t, s.Update(t.Context(), func(tx store.Tx) error { return signUp("1")(tx) }))
	org := "org_1"
	plans, err := sqlitestore.Plans(s, func(tx store.Tx) {
		_, _ = tx.User("user_1")
		_, _ = tx.UserByEmail("1@example.com")
		_, _ = tx.CountUsers(store.UserQuery{})
		_, _ = tx.CountOrganizations(store.OrganizationQuery{})
		_, _ = tx.Client("client_1")
		_, _ = tx.Session("sess_1")
		_, _ = tx.Sessions(store.SessionQuery{ClientID: "client_1"})
		_, _ = tx.Sessions(store.SessionQuery{ClientID: "client_1", Live: true, At: time.Unix(1, 0)})
		_, _ = tx.Sessions(store.SessionQuery{UserID: "user_1", Status: "active", Limit: 10})
		_, _ = tx.SignIn("sia_1")
		_, _ = tx.SignUp("sua_1")
		_, _ = tx.Setting("a")
		_, _ = tx.Organization(org)
		_, _, _ = tx.CountPeople([]string{org}, time.Unix(1, 0))
		_, _ = tx.OrganizationBySlug("acme")
		_, _ = tx.Membership(org, "user_1")
		_, _ = tx.Memberships(store.MembershipQuery{UserID: "user_1"})
		_, _ = tx.CountMemberships(store.MembershipQuery{UserID: "user_1"})
		_, _ = tx.Memberships(store.MembershipQuery{OrgID: org, Search: "a"})
		_, _ = tx.CountMemberships(store.MembershipQuery{OrgID: org})
		_, _ = tx.Memberships(store.MembershipQuery{OrgID: org, OrderBy: "-email_address"})
		_, _ = tx.Invitation("inv_1")
		_, _ = tx.CountInvitations(store.InvitationQuery{OrgID: &org})
		_, _ = tx.Grant("grant_1")
		_, _ = tx.GrantBySecret([]byte("1"))
		_, _ = tx.Image("img_1")
		_, _ = tx.AuditEvents(store.AuditQuery{OrgID: org, Limit: 10})
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
	check(t, s.Update(t.Context(), func(tx store.Tx) error { return signUp("1")(tx) }))
	two, org, none := []string{"1", "2"}, "org_1", ""
	newer := store.Period{After: time.Unix(1, 0)}
	tests := []struct {
		name string
		q    any
		want string // the beginning of the plan
	}{
		{"the newest users", store.UserQuery{Limit: 10}, "SCAN u USING INDEX users_created\nSCAN u\n"},
		{"the newest who match", store.UserQuery{Limit: 10, Search: "a", NamePart: "b"}, "SCAN u USING INDEX users_created\nSCAN u\n"},
		{"the oldest users", store.UserQuery{Limit: 10, OrderBy: "+created_at"},
			"SCAN u USING INDEX users_created\nUSE TEMP B-TREE FOR LAST TERM OF ORDER BY\nSCAN u\n"},
		{"users after one", store.UserQuery{Limit: 10, After: "user_1"}, "SEARCH u USING INDEX users_created (created_at<?)\nSCAN u\n"},
		{"users after one, the oldest first", store.UserQuery{Limit: 10, After: "user_1", OrderBy: "+created_at"},
			"SEARCH u USING INDEX users_created (created_at>?)\nUSE TEMP B-TREE FOR LAST TERM OF ORDER BY\nSCAN u\n"},
		{"users of a time", store.UserQuery{Limit: 10, Created: newer}, "SEARCH u USING INDEX users_created (created_at>?)\nSCAN u\n"},
		{"users by id", store.UserQuery{IDs: two}, "SEARCH u USING INDEX sqlite_autoindex_users_1 (id=?)\n"},
		{"users by external id", store.UserQuery{ExternalIDs: two}, "SEARCH u USING INDEX users_external_id (external_id=?)\n"},
		{"users by user name", store.UserQuery{Usernames: two}, "SEARCH u USING INDEX users_username (username=?)\n"},
		{"users by address", store.UserQuery{Emails: two},
			"SEARCH u USING INDEX sqlite_autoindex_users_1 (id=?)\nLIST SUBQUERY 1\nSEARCH emails USING INDEX sqlite_autoindex_emails_2 (normalized=?)\n"},
		{"users by organization", store.UserQuery{OrgIDs: two},
			"SEARCH u USING INDEX sqlite_autoindex_users_1 (id=?)\nLIST SUBQUERY 1\nSEARCH memberships USING INDEX memberships_org (org_id=?)\n"},
		{"the newest organizations", store.OrganizationQuery{Limit: 10}, "SCAN o USING INDEX organizations_created\n"},
		{"organizations by id", store.OrganizationQuery{IDs: two}, "SEARCH o USING INDEX sqlite_autoindex_organizations_1 (id=?)\n"},
		{"organizations by member", store.OrganizationQuery{UserIDs: two}, "SEARCH o USING INDEX sqlite_autoindex_organizations_1 (id=?)\n" +
			"LIST SUBQUERY 1\nSEARCH memberships USING COVERING INDEX sqlite_autoindex_memberships_2 (user_id=?)\n"},
		{"the newest members", store.MembershipQuery{OrgID: org, Roles: two, Limit: 10}, "SEARCH m USING INDEX memberships_org (org_id=?)\n"},
		{"members by user", store.MembershipQuery{UserIDs: two}, "SEARCH m USING INDEX sqlite_autoindex_memberships_2 (user_id=?)\n"},
		{"members by user and organization", store.MembershipQuery{OrgID: org, UserIDs: two},
			"SEARCH m USING INDEX sqlite_autoindex_memberships_2 (user_id=? AND org_id=?)\n"},
		{"the newest invitations", store.InvitationQuery{OrgID: &org, Statuses: two, Limit: 10},
			"SEARCH invitations USING INDEX invitations_org (org_id=?)\n"},
		{"the newest invitations to sign up", store.InvitationQuery{OrgID: &none, Limit: 10},
			"SEARCH invitations USING INDEX invitations_org (org_id=?)\n"},
		{"invitations by address", store.InvitationQuery{Emails: two}, "SEARCH invitations USING INDEX invitations_normalized (normalized=?)\n"},
		{"invitations by address and organization", store.InvitationQuery{OrgID: &org, Emails: two},
			"SEARCH invitations USING INDEX invitations_normalized (normalized=?)\n"},
		{"the newest events", store.AuditQuery{Limit: 10}, "SCAN audit_events USING INDEX audit_events_at\n"},
		{"events of a time", store.AuditQuery{Since: newer.After, Until: newer.After},
			"SEARCH audit_events USING INDEX audit_events_at (at>? AND at<?)\n"},
		{"events by user and type", store.AuditQuery{UserID: "user_1", Types: two, Since: newer.After},
			"SEARCH audit_events USING INDEX audit_events_user (user_id=? AND at>?)\n"},
		{"events by organization", store.AuditQuery{OrgID: org, Until: newer.After},
			"SEARCH audit_events USING INDEX audit_events_org (org_id=? AND at<?)\n"},
	}
	for _, tt := range tests {
		plan, err := sqlitestore.ListPlan(s, tt.q)
		if err != nil || !strings.HasPrefix(strings.TrimPrefix(plan, "CO-ROUTINE u\n"), tt.want) {
			t.Errorf("%s: %v\n%swant\n%s", tt.name, err, plan, tt.want)
		}
		if _, events := tt.q.(store.AuditQuery); events && plan != tt.want {
			t.Errorf("%s: the index does not give the order:\n%s", tt.name, plan)
		}
	}
}
