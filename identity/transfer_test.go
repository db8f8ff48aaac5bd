package identity_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/identity"
)

const exportHead = `{"usher_export":1,"instance_id":"ins_OTHER","exported_at":"2026-11-23T12:00:00Z"}` + "\n"

// export writes the instance and returns its lines.
func (a *app) export(o identity.ExportOptions) []string {
	a.t.Helper()
	var b bytes.Buffer
	if err := a.Export(a.t.Context(), &b, o); err != nil {
		a.t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// imported is what came of an import, in words.
type imported struct {
	identity.ImportResult
	notices []string
	err     error
}

func (a *app) take(input string, o identity.ImportOptions) (got imported) {
	a.t.Helper()
	o.Notice = func(n identity.ImportNotice) {
		got.notices = append(got.notices, fmt.Sprintf("%d %s %v: %s", n.Line, n.ID, n.Refused, n.Text))
	}
	got.ImportResult, got.err = a.Import(a.t.Context(), strings.NewReader(input), o)
	return got
}

// populate makes people, organizations and what belongs to them, with every field set.
func (a *app) populate() {
	a.t.Helper()
	now := a.clock.Now()
	later := func(n int) time.Time { return now.Add(time.Duration(n) * time.Second) }
	png := append([]byte("\x89PNG\r\n\x1a\n"), 0, 1, 2, 0xff)
	a.update(func(tx identity.Tx) error {
		errs := []error{
			tx.PutImage(identity.Image{ID: "img_1", ContentType: "image/png", Data: png, CreatedAt: now}),
			tx.PutImage(identity.Image{ID: "img_2", ContentType: "image/jpeg", Data: []byte("\xff\xd8\xff\x00"), CreatedAt: now}),
			tx.PutUser(identity.User{
				ID: "user_1", ExternalID: "ext-1", Username: "ada", FirstName: "Ada \u202e<b>", LastName: "L\u00f6velace", PrimaryEmailID: "idn_2",
				Emails: []identity.EmailAddress{
					{ID: "idn_1", Address: "Ada@Example.com", Normalized: "ada@example.com", Verified: true, CreatedAt: now, UpdatedAt: later(1)},
					{ID: "idn_2", Address: "ada@b\u00fccher.example", Normalized: "ada@xn--bcher-kva.example", CreatedAt: later(2), UpdatedAt: later(3)},
				},
				PasswordHash: identity.HashPassword(password), PublicMetadata: json.RawMessage(`{"a":[1,9007199254740993]}`),
				PrivateMetadata: json.RawMessage(`{"b":null}`), UnsafeMetadata: json.RawMessage(`{"c":"\u2028</script>"}`),
				ImageID: "img_1", Plan: "pro", Locale: "de-CH", Timezone: "Europe/Zurich", Banned: true, FailedAttempts: 7, LockedUntil: later(60), MayNotDelete: true,
				MayNotCreateOrg: true, MaxOrgs: 3, LegalAcceptedAt: later(4), PasswordAt: later(5), LastSignInAt: later(6), LastActiveAt: later(7),
				CreatedAt: now, UpdatedAt: later(8),
			}),
			tx.PutUser(identity.User{ID: "user_2", CreatedAt: now, UpdatedAt: now}),
			tx.PutOrganization(identity.Organization{
				ID: "org_1", Name: "Acme", Slug: "acme", ImageID: "img_2", Plan: "team", CreatedBy: "user_1", MaxMemberships: 9, MayNotDelete: true,
				PublicMetadata: json.RawMessage(`{"x":1}`), PrivateMetadata: json.RawMessage(`{"y":2}`), CreatedAt: now, UpdatedAt: later(9),
			}),
			tx.PutMembership(identity.Membership{
				ID: "orgmem_1", OrgID: "org_1", UserID: "user_1", Role: "org:admin", PublicMetadata: json.RawMessage(`{"p":1}`),
				PrivateMetadata: json.RawMessage(`{"q":2}`), CreatedAt: now, UpdatedAt: later(10),
			}),
			tx.PutMembership(identity.Membership{ID: "orgmem_2", OrgID: "org_1", UserID: "user_2", Role: "org:member", CreatedAt: now, UpdatedAt: now}),
			tx.PutInvitation(identity.Invitation{
				ID: "orginv_1", OrgID: "org_1", Address: "Eve@example.com", Normalized: "eve@example.com", Role: "org:member", InviterID: "user_1",
				Status: "pending", RedirectURL: origin + "/join", PublicMetadata: json.RawMessage(`{"i":1}`), PrivateMetadata: json.RawMessage(`{"j":2}`),
				ExpireAt: later(900), CreatedAt: now, UpdatedAt: later(11),
			}),
			tx.PutInvitation(identity.Invitation{ID: "inv_1", Status: "revoked", CreatedAt: now, UpdatedAt: now}),
		}
		for i := range 1100 { // more than two pages
			id := fmt.Sprintf("user_many%04d", i)
			errs = append(errs, tx.PutUser(identity.User{ID: id, CreatedAt: later(i % 7), UpdatedAt: now}),
				tx.PutMembership(identity.Membership{ID: "orgmem_" + id, OrgID: "org_1", UserID: id, Role: "org:member", CreatedAt: now, UpdatedAt: now}))
		}
		return errors.Join(errs...)
	})
}

func TestWhatIsExportedCanBeImported(t *testing.T) {
	t.Parallel()
	from, to := newApp(t), newApp(t)
	from.populate()
	lines := from.export(identity.ExportOptions{})
	got := to.take(strings.Join(lines, "\n"), identity.ImportOptions{})
	want := map[string]int64{"user": 1102, "organization": 1, "membership": 1102, "invitation": 2}
	if got.err != nil || len(got.notices) > 0 || !cmp.Equal(got.Created, want) {
		t.Fatalf("import: %v, %v, %v", got.ImportResult, got.notices, got.err)
	}
	again := to.export(identity.ExportOptions{})
	if d := cmp.Diff(lines[1:], again[1:]); d != "" {
		t.Errorf("exported again: (-first +second)\n%.3000s", d)
	}
	if lines[0] != strings.Replace(exportHead, "ins_OTHER", decode[struct {
		ID string `json:"instance_id"`
	}](t, lines[0]).ID, 1)[:len(lines[0])] {
		t.Errorf("first line %s", lines[0])
	}
}

func TestImportingAgainKeepsOrReplaces(t *testing.T) {
	t.Parallel()
	from, to := newApp(t), newApp(t)
	from.populate()
	input := strings.Join(from.export(identity.ExportOptions{}), "\n")
	to.take(input, identity.ImportOptions{})
	before := to.export(identity.ExportOptions{})
	to.update(func(tx identity.Tx) error {
		u, err := tx.User("user_2")
		u.FirstName = "Changed"
		return errors.Join(err, tx.PutUser(u))
	})
	all := map[string]int64{"user": 1102, "organization": 1, "membership": 1102, "invitation": 2}
	kept := to.take(input, identity.ImportOptions{})
	if kept.err != nil || !cmp.Equal(kept.Kept, all) || len(kept.Created)+len(kept.Replaced)+len(kept.Refused) > 0 {
		t.Errorf("again: %+v", kept)
	}
	if !slices.ContainsFunc(to.export(identity.ExportOptions{}), func(l string) bool { return strings.Contains(l, "Changed") }) {
		t.Error("a record that was there was changed")
	}
	replaced := to.take(input, identity.ImportOptions{Replace: true})
	if replaced.err != nil || !cmp.Equal(replaced.Replaced, all) || len(replaced.Created)+len(replaced.Kept)+len(replaced.Refused) > 0 {
		t.Errorf("replaced: %+v", replaced)
	}
	if d := cmp.Diff(before[1:], to.export(identity.ExportOptions{})[1:]); d != "" {
		t.Errorf("after replacing: (-want +got)\n%.3000s", d)
	}
}

// V02: keys leave the instance only when that is asked for.
func TestV02_ExportHoldsNoKeysUnlessAsked(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.populate()
	plain, whole := strings.Join(a.export(identity.ExportOptions{}), "\n"), strings.Join(a.export(identity.ExportOptions{Keys: true}), "\n")
	secret := a.SecretKey().Reveal()
	if strings.Contains(plain, secret) || strings.Contains(plain, "pkcs8") {
		t.Error("an ordinary export holds keys")
	}
	if !strings.Contains(whole, secret) || !strings.Contains(whole, "pkcs8") {
		t.Error("an export with keys lacks them")
	}
	if strings.Contains(a.logs.String(), secret) {
		t.Error("the log holds the secret key")
	}
}

func TestImportWithKeysBecomesTheInstance(t *testing.T) {
	t.Parallel()
	from := newApp(t)
	if err := from.RotateSigningKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	input := strings.Join(from.export(identity.ExportOptions{Keys: true}), "\n")
	to := newApp(t)
	to.update(func(tx identity.Tx) error { // another instance than the tests' common one
		raw, err := tx.Setting("instance")
		return errors.Join(err, tx.PutSetting("instance", bytes.Replace(raw, []byte("clerk."), []byte("clerk.x"), 1)))
	})
	if got := to.take(input, identity.ImportOptions{}); got.Refused["instance"] != 1 || got.err != nil {
		t.Errorf("without asking for it: %+v", got)
	}
	if got := to.take(input, identity.ImportOptions{Keys: true, Replace: true}); got.Replaced["instance"] != 1 || got.err != nil {
		t.Fatalf("import: %+v", got)
	}
	moved := newApp(t, func(c *identity.Config) { c.Store = to.store })
	if moved.PublishableKey() != from.PublishableKey() || moved.SecretKey().Reveal() != from.SecretKey().Reveal() || moved.JWTKeyPEM() != from.JWTKeyPEM() {
		t.Error("it is another instance")
	}
	a, b := moved.backend("GET", "/v1/jwks", "").body, from.backend("GET", "/v1/jwks", "").body
	if a != b {
		t.Errorf("key set %s, want %s", a, b)
	}
}

// An import that is cut short leaves whole records, and can be run again.
func TestImportThatIsCutShort(t *testing.T) {
	t.Parallel()
	from, to := newApp(t), newApp(t)
	from.populate()
	input := strings.Join(from.export(identity.ExportOptions{}), "\n")
	ctx, cancel := context.WithCancel(t.Context())
	result, err := to.Import(ctx, strings.NewReader(input), identity.ImportOptions{Progress: func(n int64) {
		if n > 600 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Import = %v", err)
	}
	done := result.Created["user"] + result.Created["membership"] + result.Created["organization"]
	if done < 600 || done > 1200 {
		t.Errorf("%d records are in: %v", done, result.Created)
	}
	if n := int64(len(to.export(identity.ExportOptions{})) - 1); n != done {
		t.Errorf("%d records are in the store, %d were reported", n, done)
	}
	rest := to.take(input, identity.ImportOptions{})
	if rest.err != nil || rest.Created["user"]+result.Created["user"] != 1102 || rest.Created["membership"]+result.Created["membership"] != 1102 {
		t.Errorf("the rest: %v, %v", rest.ImportResult, rest.err)
	}
}

// A gentle import takes short turns, and takes as much.
func TestImportBesideARunningService(t *testing.T) {
	t.Parallel()
	from, to := newApp(t), newApp(t)
	from.populate()
	var turns, last int64
	got := to.take(strings.Join(from.export(identity.ExportOptions{}), "\n"), identity.ImportOptions{Gentle: true, Progress: func(n int64) {
		if n-last > 50 {
			t.Errorf("a turn of %d records", n-last)
		}
		turns, last = turns+1, n
	}})
	if got.err != nil || got.Created["user"] != 1102 || turns < 40 {
		t.Errorf("import in %d turns: %v, %v", turns, got.ImportResult, got.err)
	}
}

func TestImportRefusesWhatIsNoExport(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ input, want string }{
		"nothing":                 {"", "empty"},
		"blank lines":             {"{}\n", "does not begin an export"},
		"some JSON":               {`{"user":{"id":"user_1"}}`, "does not begin an export"},
		"a later version":         {`{"usher_export":2}`, "version 2"},
		"version 0":               {`{"usher_export":0}`, "does not begin an export"},
		"text":                    {"Dear operator,\nhow are you?", "names no column id"},
		"a table of other things": {"product,price\nhat,3", "names no column id"},
		"a column twice":          {"id,primary_email_address,ID\n", "twice"},
		"an endless line":         {exportHead + `{"user":{"id":"` + strings.Repeat("x", 17<<20), "line 2 is longer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t)
			got := a.take(tt.input, identity.ImportOptions{})
			if got.err == nil || !strings.Contains(got.err.Error(), tt.want) {
				t.Errorf("Import = %v, want an error that says %q", got.err, tt.want)
			}
			if n := len(a.export(identity.ExportOptions{})); n != 1 {
				t.Errorf("%d records were taken", n-1)
			}
		})
	}
}
