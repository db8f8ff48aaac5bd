package storetest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

//go:embed testdata/naughty.json
var naughtyJSON []byte

// hostile are strings that end, escape or confuse something in one store or another.
var hostile = []string{
	"", " ", "\x00", "a\x00b", "\n\r\t", "'", "''", `"`, "`", `\`, `\'`, "%", "_", "?", "?1", ":id", "@id", "$1", "--", "/*", ";",
	"'; DROP TABLE users; --", "' OR '1'='1", "1; SELECT pg_sleep(5)", "x' UNION SELECT * FROM settings --",
	"NULL", "null", "0", "1e3", "0x41", "true", "👩🏽‍🚀", "é", "e\u0301", "İıß", "\u202e", "\u2028", "\ufeff", "\U0010ffff",
	"\xff\xfe", "\xc0\x80", "\xed\xa0\x80", "x\x80y",
}

var stringCases = []testCase{
	{"X11: hostile strings in every field come back unchanged", func(t *testing.T, s store.Store) {
		roundTripStrings(t, s, hostile, records.check)
	}},
	{"X11: the list of naughty strings in every field comes back unchanged", func(t *testing.T, s store.Store) {
		var list []string
		if err := json.Unmarshal(naughtyJSON, &list); err != nil {
			t.Fatal(err)
		}
		roundTripStrings(t, s, list, records.checkOne)
	}},
	{"X11: hostile strings in every query find what they name and nothing else", hostileQueries},
}

// roundTripStrings writes all in one Update, as what counts here is not the commit.
func roundTripStrings(t *testing.T, s store.Store, list []string, check func(records, *testing.T, store.Store)) {
	var want []records
	for i, text := range list {
		want = append(want, allFilled(i+1, text))
	}
	update(t, s, func(tx store.Tx) error {
		for i, r := range want {
			if err := r.put(tx); err != nil {
				return fmt.Errorf("put with %q: %w", list[i], err)
			}
		}
		return nil
	})
	keys := map[string]store.SigningKey{}
	view(t, s, func(tx store.Tx) error {
		list, err := tx.SigningKeys()
		for _, k := range list {
			keys[k.Kid] = k
		}
		return err
	})
	for i, r := range want {
		if d := diff(r.key, keys[r.key.Kid]); d != "" {
			t.Errorf("signing key: (-want +got)\n%s", d)
		}
		if check(r, t, s); t.Failed() {
			t.Fatalf("with %q", list[i])
		}
	}
}

func hostileQueries(t *testing.T, s store.Store) {
	innocent := store.User{ID: "innocent"}
	mustPut(t, s, innocent)
	for i, text := range hostile {
		u := store.User{ID: fmt.Sprintf("%s.%d", text, i), Emails: []store.EmailAddress{{ID: text, Normalized: text}}}
		u.ExternalID, u.Username = text, text
		mustPut(t, s, u)
		wantUsers(t, s, store.UserQuery{IDs: []string{u.ID}}, u.ID)
		wantUsers(t, s, store.UserQuery{Emails: []string{text}}, u.ID)
		wantUsers(t, s, store.UserQuery{Emails: []string{text}, IDs: []string{text + "-"}, Search: text})
		wantUsers(t, s, store.UserQuery{Search: text + text + "~"})
		wantUsers(t, s, store.UserQuery{EmailPart: text + "~", NamePart: text + "~", UsernamePart: text + "~"})
		wantUsers(t, s, store.UserQuery{NotIDs: []string{u.ID}, NotOrgIDs: []string{text}}, innocent.ID)
		wantUsers(t, s, store.UserQuery{OrgIDs: []string{text}, ExternalIDs: []string{text}, Usernames: []string{text}})
		wantUsers(t, s, store.UserQuery{After: u.ID, IDs: []string{text + "~"}})
		organizations.want(t, s, store.OrganizationQuery{IDs: []string{text}, UserIDs: []string{u.ID}, Search: text})
		memberships.want(t, s, store.MembershipQuery{UserID: u.ID, UserIDs: []string{text}, Roles: []string{text}, Search: text})
		invitations.want(t, s, store.InvitationQuery{OrgID: &text, Emails: []string{text}, Statuses: []string{text}})
		wantEvents(t, s, store.AuditQuery{UserID: u.ID, OrgID: text, Types: []string{text}})
		wantMissing(t, s, membershipOf, pair{text, u.ID})
		wantMissing(t, s, store.Tx.OrganizationBySlug, text)
		wantMissing(t, s, store.Tx.GrantBySecret, []byte(text))
		wantSessions(t, s, store.SessionQuery{UserID: text + "~", ClientID: text, Status: text})
		if err := deleteUser(t, s, u.ID); err != nil {
			t.Errorf("DeleteUser(%q) = %v", u.ID, err)
		}
	}
	wantUsers(t, s, store.UserQuery{}, innocent.ID)
}
