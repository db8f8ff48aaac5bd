package sqlitestore_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/usherauth/usher/identity/store"
)

// schema1 makes a database that the first schema's program wrote.
func schema1(t *testing.T) (dir string) {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join("testdata", "schema1.sql"))
	check(t, err)
	dir = t.TempDir()
	change(t, filepath.Join(dir, "usher.db"), string(dump))
	return dir
}

// hour is a time that the dump has.
func hour(n int) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC).Add(time.Duration(n) * time.Hour)
}

// schema1Users are the users of the dump as they are found now, newest first.
func schema1Users() []store.User {
	return []store.User{
		{ID: "user_Bob", ExternalID: "ext-2", CreatedAt: hour(3)},
		{ID: "user_Twin", FirstName: "Twin", CreatedAt: hour(3)}, // Bob has the external id
		{
			ID: "user_Anne", FirstName: "ÄNNE", LastName: "İıß", CreatedAt: hour(2), Banned: true, // Ada has the external id
			Emails: []store.EmailAddress{{ID: "idn_3", Address: "A@x", Normalized: "a@x"}},
		},
		{
			ID: "user_Ada", ExternalID: "ext-1", FirstName: "Ada", LastName: "Lovelace", PrimaryEmailID: "idn_2", PasswordHash: "$argon2id$",
			PublicMetadata: []byte(`{"a": 1}`), PrivateMetadata: []byte(`{"b": "it's"}`), UnsafeMetadata: []byte(`{}`),
			FailedAttempts: 2, LockedUntil: hour(9), PasswordAt: hour(1), LastSignInAt: hour(2), LastActiveAt: hour(3), CreatedAt: hour(1), UpdatedAt: hour(3),
			Emails: []store.EmailAddress{
				{ID: "idn_1", Address: "Ada@Example.com", Normalized: "ada@example.com", Verified: true, CreatedAt: hour(1), UpdatedAt: hour(1)},
				{ID: "idn_2", Address: "Gräfin@Example.org", Normalized: "gräfin@example.org", CreatedAt: hour(2), UpdatedAt: hour(2)},
			},
		},
		{ID: "user_bare"},
	}
}

// everyVersion is what goose has written down once every migration was applied.
var everyVersion = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}

func TestSchema1IsMigratedWithEverythingInIt(t *testing.T) {
	t.Parallel()
	dir := schema1(t)
	for range 2 { // the second time nothing is left to migrate
		s := open(t, dir)
		wantSchema1(t, s)
		check(t, s.Close())
	}
	if got := versions(t, dir); !slices.Equal(got, everyVersion) {
		t.Errorf("applied migrations = %v", got)
	}
	wantSound(t, dir)
}

func wantSchema1(t *testing.T, s store.Store) {
	t.Helper()
	check(t, s.View(t.Context(), func(tx store.Tx) error {
		users, err := tx.Users(store.UserQuery{Search: "user_"})
		same(t, users, schema1Users(), err)
		client, err := tx.Client("client_1")
		same(t, client, store.Client{
			ID: "client_1", SecretHash: []byte{0, 1, 255}, SignInID: "sia_1", SignUpID: "sua_1", LastActiveSessionID: "sess_1",
			CreatedAt: hour(1), UpdatedAt: hour(2),
		}, err)
		client, err = tx.Client("client_2")
		same(t, client, store.Client{ID: "client_2"}, err)
		session, err := tx.Session("sess_1")
		same(t, session, store.Session{
			ID: "sess_1", ClientID: "client_1", UserID: "user_Ada", Status: "active", ActiveOrgID: "org_1", IPAddress: "192.0.2.1",
			UserAgent: "Mozilla/5.0", FirstFactor: hour(1), LastActiveAt: hour(2), ExpireAt: hour(100), AbandonAt: hour(50),
			CreatedAt: hour(1), UpdatedAt: hour(2),
		}, err)
		in, err := tx.SignIn("sia_1")
		same(t, in, store.SignIn{
			ID: "sia_1", ClientID: "client_1", Status: "complete", Identifier: "ada@example.com", UserID: "user_Ada",
			CreatedSessionID: "sess_1", ExpireAt: hour(5), CreatedAt: hour(1), UpdatedAt: hour(2),
		}, err)
		up, err := tx.SignUp("sua_1")
		same(t, up, store.SignUp{
			ID: "sua_1", ClientID: "client_1", Status: "missing_requirements", EmailAddress: "x@y", FirstName: "X", LastName: "Y",
			PasswordHash: "$argon2id$", UnsafeMetadata: []byte(`{"c":3}`), CreatedUserID: "user_Ada", ExpireAt: hour(5),
			CreatedAt: hour(1), UpdatedAt: hour(2),
		}, err)
		keys, err := tx.SigningKeys()
		same(t, keys, []store.SigningKey{{Kid: "ins_1", PKCS8: []byte{0x30, 0, 0xff}, CreatedAt: hour(1)}}, err)
		secret, err := tx.Setting("secret")
		same(t, secret, []byte{0, 0xff, '\''}, err)
		return nil
	}))
}

func same[R any](t *testing.T, got, want R, err error) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestMigrationTellsWhoLostAnExternalID(t *testing.T) {
	t.Parallel()
	s := open(t, schema1(t))
	defer func() { check(t, s.Close()) }()
	check(t, s.View(t.Context(), func(tx store.Tx) error {
		for user, had := range map[string]string{"user_Anne": `{"external_id":"ext-1"}`, "user_Twin": `{"external_id":"ext-2"}`} {
			events, err := tx.AuditEvents(store.AuditQuery{UserID: user, Types: []string{"user.external_id_withdrawn"}})
			check(t, err)
			if len(events) != 1 || string(events[0].Data) != had || time.Since(events[0].At) > time.Minute {
				t.Errorf("events of %s = %+v", user, events)
			}
		}
		all, err := tx.AuditEvents(store.AuditQuery{})
		if len(all) != 2 {
			t.Errorf("%d events, want 2", len(all))
		}
		return err
	}))
}

// What the migration makes of the old search text has to be what PutUser writes.
func TestMigrationSplitsTheSearchText(t *testing.T) {
	t.Parallel()
	dir := schema1(t)
	check(t, open(t, dir).Close())
	migrated := searchTexts(t, dir)
	s := open(t, dir)
	check(t, s.Update(t.Context(), func(tx store.Tx) error {
		for _, u := range schema1Users() {
			check(t, tx.PutUser(u))
		}
		return nil
	}))
	check(t, s.Close())
	written := searchTexts(t, dir)
	if len(written) != 5 || !slices.Equal(migrated, written) {
		t.Errorf("migrated %q\nwritten  %q", migrated, written)
	}
}

// Events that an earlier program wrote keep the order in which it wrote them.
func TestMigrationKeepsTheOrderOfEvents(t *testing.T) {
	t.Parallel()
	dir := schema1(t)
	file := filepath.Join(dir, "usher.db")
	for _, migration := range []string{"00002_organizations.sql", "00003_retention.sql"} {
		text, err := os.ReadFile(filepath.Join("migrations", migration))
		check(t, err)
		change(t, file, string(text)+`; INSERT INTO schema_migrations (version_id, is_applied) VALUES (`+migration[4:5]+`, 1)`)
	}
	change(t, file, `DELETE FROM audit_events;
		INSERT INTO audit_events (id, type, actor_id, user_id, session_id, org_id, ip_address, user_agent, data, at)
		SELECT value, 't', 'a', 'u', 's', 'o', 'ip', 'ua', '{"n":1}', 1000 FROM json_each('["m", "z", "gone", "a", "k", "b"]');
		DELETE FROM audit_events WHERE id = 'gone'`)
	want := []string{"b", "k", "a", "z", "m"} // the last recorded first
	for _, id := range []string{"y", "c", "x"} {
		s := open(t, dir)
		wantOrder(t, s, want)
		check(t, s.Update(t.Context(), func(tx store.Tx) error {
			return tx.PutAuditEvent(store.AuditEvent{ID: id, UserID: "u", OrgID: "o", At: time.UnixMilli(1000)})
		}))
		want = slices.Insert(want, 0, id)
		wantOrder(t, s, want)
		check(t, s.Close())
		change(t, file, "VACUUM")
	}
	if got := versions(t, dir); !slices.Equal(got, everyVersion) {
		t.Errorf("applied migrations = %v", got)
	}
	wantSound(t, dir)
	s := open(t, dir)
	defer func() { check(t, s.Close()) }()
	check(t, s.View(t.Context(), func(tx store.Tx) error {
		all, err := tx.AuditEvents(store.AuditQuery{Types: []string{"t"}, Limit: 1})
		same(t, all, []store.AuditEvent{{
			ID: "b", Type: "t", ActorID: "a", UserID: "u", SessionID: "s", OrgID: "o", IPAddress: "ip", UserAgent: "ua",
			Data: []byte(`{"n":1}`), At: time.UnixMilli(1000).UTC(),
		}}, err)
		return nil
	}))
}

func wantOrder(t *testing.T, s store.Store, want []string) {
	t.Helper()
	check(t, s.View(t.Context(), func(tx store.Tx) error {
		for _, q := range []store.AuditQuery{{}, {UserID: "u"}, {OrgID: "o"}} {
			all, err := tx.AuditEvents(q)
			check(t, err)
			var ids []string
			for _, e := range all {
				ids = append(ids, e.ID)
			}
			if !slices.Equal(ids, want) {
				t.Errorf("AuditEvents(%+v) = %q, want %q", q, ids, want)
			}
		}
		return nil
	}))
}

func searchTexts(t *testing.T, dir string) (texts []string) {
	t.Helper()
	query(t, dir, `SELECT search || '|' || search_username || '|' || search_name || '|' || search_email FROM users ORDER BY id`, &texts)
	return texts
}

func versions(t *testing.T, dir string) (found []int) {
	t.Helper()
	query(t, dir, `SELECT version_id FROM schema_migrations ORDER BY id`, &found)
	return found
}

// query reads a column from a database that no Store has open.
func query[V any](t *testing.T, dir, text string, found *[]V) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "usher.db"))
	check(t, err)
	defer func() { check(t, db.Close()) }()
	rows, err := db.QueryContext(t.Context(), text)
	check(t, err)
	defer func() { check(t, rows.Close()) }()
	for rows.Next() {
		var v V
		check(t, rows.Scan(&v))
		*found = append(*found, v)
	}
	check(t, rows.Err())
}

// wantSound lets SQLite check the file and its references.
func wantSound(t *testing.T, dir string) {
	t.Helper()
	var verdict, dangling []string
	query(t, dir, "PRAGMA integrity_check", &verdict)
	query(t, dir, `SELECT "table" FROM pragma_foreign_key_check`, &dangling)
	if !slices.Equal(verdict, []string{"ok"}) || len(dangling) > 0 {
		t.Errorf("integrity_check = %q, dangling references in %q", verdict, dangling)
	}
}
