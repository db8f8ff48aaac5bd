package identity_test

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
)

// FuzzImport feeds files of any kind. Whatever is taken of one can be exported, and taken
// as a whole by an instance that has nothing.
func FuzzImport(f *testing.F) {
	f.Add(exportHead + `{"user":{"id":"user_1","username":"ada","email_addresses":[{"id":"idn_1","address":"Ada@example.com","verified":true}]}}` +
		"\n" + `{"organization":{"id":"org_1","name":"Acme","slug":"acme"}}` + "\n" +
		`{"membership":{"id":"orgmem_1","organization_id":"org_1","user_id":"user_1","role":"org:admin"}}` + "\n" +
		`{"invitation":{"id":"orginv_1","organization_id":"org_1","address":"b@example.com","role":"org:member","status":"pending"}}`)
	f.Add(exportHead + `{"access":{"roles":[{"key":"org:king","name":"King","permissions":["org:sys_memberships:read"]}],"permissions":[],"features":[],"plans":[]}}`)
	f.Add(exportHead + `{"user":{"id":"user_1","image":{"id":"img_1","content_type":"image/png","data":"iVBORw0KGgo="}}}`)
	f.Add("id,primary_email_address,password_digest,password_hasher,created_at,banned\nuser_1,ada@example.com,$2a$05$HoIDcHZhhMCs88VWGXkaN.2T1MMW3CuJtV6HB0cB4GA3hJ8CKn3c.,bcrypt,1612325106789,true\n")
	f.Add("\ufeffid,primary_email_address,verified_email_addresses\n\"user_1\",,\"a@example.com|b@example.com, c@example.com\"\n")
	f.Fuzz(func(t *testing.T, input string) {
		ctx := context.Background()
		first, second := fuzzService(t), fuzzService(t)
		result, _ := first.Import(ctx, strings.NewReader(input), identity.ImportOptions{DropSecondFactors: true})
		var out bytes.Buffer
		if err := first.Export(ctx, &out, identity.ExportOptions{}); err != nil {
			t.Fatalf("what was taken cannot be exported: %v", err)
		}
		again, err := second.Import(ctx, bytes.NewReader(out.Bytes()), identity.ImportOptions{Notice: func(n identity.ImportNotice) {
			t.Errorf("line %d of the export: %s", n.Line, n.Text)
		}})
		if err != nil || !maps.Equal(again.Created, result.Created) {
			t.Errorf("taken %v, and of the export %v (%v)\n%s", result.Created, again.Created, err, out.String())
		}
		var same bytes.Buffer
		if err := second.Export(ctx, &same, identity.ExportOptions{}); err != nil {
			t.Fatal(err)
		}
		if a, b := sortedLines(out.String()), sortedLines(same.String()); !slices.Equal(a, b) {
			t.Errorf("exported\n%s\nand then\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	})
}

// sortedLines are the records of an export: those of one time may come in any order.
func sortedLines(s string) []string {
	list := strings.Split(strings.TrimSpace(s), "\n")[1:]
	slices.Sort(list)
	return list
}

func fuzzService(t *testing.T) *identity.Service {
	t.Helper()
	store := memstore.New()
	seed(t, store)
	s, err := identity.New(context.Background(), identity.Config{Store: store, PublicOrigin: origin, PurgeInterval: -1, Now: newClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
