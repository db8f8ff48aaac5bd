package identity_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
)

// taken is a store with what imported records may collide with.
func takenApp(t *testing.T) *app {
	t.Helper()
	a := newApp(t)
	a.update(func(tx identity.Tx) error {
		return errors.Join(
			tx.PutImage(identity.Image{ID: "img_theirs", ContentType: "image/png"}),
			tx.PutUser(identity.User{
				ID: "user_theirs", ExternalID: "ext", Username: "ada", ImageID: "img_theirs",
				Emails: []identity.EmailAddress{{ID: "idn_theirs", Address: "ada@example.com", Normalized: "ada@example.com"}},
			}),
			tx.PutOrganization(identity.Organization{ID: "org_theirs", Name: "Acme", Slug: "acme"}),
		)
	})
	return a
}

func TestImportRefusesRecordsOneByOne(t *testing.T) {
	t.Parallel()
	png := base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\nrest"))
	html := base64.StdEncoding.EncodeToString([]byte("<script>alert(1)</script>"))
	for name, tt := range map[string]struct{ line, kind, want string }{
		"no JSON":                   {`{"user":`, "unreadable", "cannot be read"},
		"a number":                  {`7`, "unreadable", "cannot be read"},
		"nothing":                   {`{}`, "unreadable", "one record"},
		"two records":               {`{"user":{"id":"user_1"},"organization":{"id":"org_1","name":"x"}}`, "organization", "one record"},
		"two values":                {`{"user":{"id":"user_1"}} {}`, "unreadable", "behind the record"},
		"an unknown kind":           {`{"robot":{}}`, "unreadable", `unknown field "robot"`},
		"a misspelled field":        {`{"user":{"id":"user_1","first_nam":"x"}}`, "unreadable", `unknown field "first_nam"`},
		"a wrong type":              {`{"user":{"id":"user_1","banned":"yes"}}`, "unreadable", "cannot be read"},
		"no id":                     {`{"user":{}}`, "user", "does not begin with user_"},
		"an id of another kind":     {`{"user":{"id":"org_1"}}`, "user", "does not begin with user_"},
		"an id with a path":         {`{"user":{"id":"user_../../x"}}`, "user", "characters"},
		"an id with a line end":     {`{"user":{"id":"user_1\nuser_2"}}`, "user", "characters"},
		"a bad address":             {`{"user":{"id":"user_1","email_addresses":[{"id":"idn_1","address":"not one"}]}}`, "user", "idn_1 is not a valid"},
		"a bad address id":          {`{"user":{"id":"user_1","email_addresses":[{"id":"1","address":"a@example.com"}]}}`, "user", "begin with idn_"},
		"a primary address of none": {`{"user":{"id":"user_1","primary_email_address_id":"idn_9"}}`, "user", "names none of its addresses"},
		"an address twice":          {`{"user":{"id":"user_1","email_addresses":[{"id":"idn_1","address":"a@example.com"},{"id":"idn_2","address":"A@example.com"}]}}`, "user", "unique"},
		"somebody's address":        {`{"user":{"id":"user_1","email_addresses":[{"id":"idn_1","address":"ADA@example.com"}]}}`, "user", "idn_1 belongs to user_theirs"},
		"somebody's address id":     {`{"user":{"id":"user_1","email_addresses":[{"id":"idn_theirs","address":"b@example.com"}]}}`, "user", "unique"},
		"somebody's external id":    {`{"user":{"id":"user_1","external_id":"ext"}}`, "user", "external id belongs to user_theirs"},
		"somebody's user name":      {`{"user":{"id":"user_1","username":"ada"}}`, "user", "user name belongs to user_theirs"},
		"somebody's picture":        {`{"user":{"id":"user_1","image":{"id":"img_theirs","content_type":"image/png","data":"` + png + `"}}}`, "user", "image img_theirs belongs"},
		"a picture that is a page":  {`{"user":{"id":"user_1","image":{"id":"img_1","content_type":"text/html","data":"` + html + `"}}}`, "user", "not a PNG or JPEG"},
		"a page called a picture":   {`{"user":{"id":"user_1","image":{"id":"img_1","content_type":"image/png","data":"` + html + `"}}}`, "user", "not a PNG or JPEG"},
		"a name of two lines":       {`{"user":{"id":"user_1","first_name":"a\nb"}}`, "user", "control characters"},
		"a user name with blanks":   {`{"user":{"id":"user_1","username":"a b"}}`, "user", "username"},
		"metadata that is a list":   {`{"user":{"id":"user_1","public_metadata":[1]}}`, "user", "public_metadata must be a JSON object"},
		"metadata that is large":    {`{"user":{"id":"user_1","public_metadata":{"x":"` + strings.Repeat("x", 9000) + `"}}}`, "user", "8 kB"},
		"a hash that is none":       {`{"user":{"id":"user_1","password_hash":"secret"}}`, "user", "password_hash"},
		"a hash that costs a lot":   {`{"user":{"id":"user_1","password_hash":"$argon2id$v=19$m=9999999,t=2,p=1$c2FsdHNhbHQ$dGFndGFndGFndGFndGFn"}}`, "user", "password_hash"},
		"a negative number":         {`{"user":{"id":"user_1","failed_attempts":-1}}`, "user", "negative"},
		"an organization unnamed":   {`{"organization":{"id":"org_1","name":""}}`, "organization", "name"},
		"somebody's slug":           {`{"organization":{"id":"org_1","name":"Acme","slug":"acme"}}`, "organization", "slug belongs to org_theirs"},
		"a member of nothing":       {`{"membership":{"id":"orgmem_1","organization_id":"org_1","user_id":"user_theirs","role":"org:admin"}}`, "membership", "organization org_1 or its user user_theirs does not exist"},
		"nobody as a member":        {`{"membership":{"id":"orgmem_1","organization_id":"org_theirs","user_id":"user_1","role":"org:admin"}}`, "membership", "does not exist"},
		"a role that is not":        {`{"membership":{"id":"orgmem_1","organization_id":"org_theirs","user_id":"user_theirs","role":"org:king"}}`, "membership", `no role "org:king"`},
		"a status that is not":      {`{"invitation":{"id":"inv_1","address":"b@example.com","status":"lost"}}`, "invitation", "status"},
		"an invitation of nobody":   {`{"invitation":{"id":"inv_1","status":"pending"}}`, "invitation", "address"},
		"an invitation elsewhere":   {`{"invitation":{"id":"orginv_1","organization_id":"org_9","address":"b@example.com","status":"pending","role":"org:admin"}}`, "invitation", "does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := takenApp(t)
			before := len(a.export(identity.ExportOptions{}))
			input := exportHead + `{"user":{"id":"user_before"}}` + "\n" + tt.line + "\n\n" + `{"user":{"id":"user_behind"}}`
			got := a.take(input, identity.ImportOptions{})
			if got.err != nil || got.Refused[tt.kind] != 1 || len(got.notices) != 1 || !strings.Contains(got.notices[0], tt.want) ||
				!strings.HasPrefix(got.notices[0], "3 ") {
				t.Errorf("import: %+v\nwant line 3 refused, a %s, with %q", got, tt.kind, tt.want)
			}
			if got.Created["user"] != 2 || len(got.Created) != 1 {
				t.Errorf("around it were taken %v, want two users", got.Created)
			}
			if after := len(a.export(identity.ExportOptions{})); after != before+2 {
				t.Errorf("%d records more, want 2", after-before)
			}
		})
	}
}

// Notices reach logs and tickets: they name records, not people.
func TestImportNoticesNameNobody(t *testing.T) {
	t.Parallel()
	a := takenApp(t)
	got := a.take(exportHead+`{"user":{"id":"user_1","first_name":"Grace","email_addresses":[{"id":"idn_1","address":"ada@example.com"}]}}
{"user":{"id":"user_2","email_addresses":[{"id":"idn_2","address":"grace hopper@navy"}]}}
{"user":{"id":"user_3","external_id":"ext","password_hash":"not-a-hash"}}`, identity.ImportOptions{})
	if len(got.notices) != 3 {
		t.Fatalf("notices %q", got.notices)
	}
	for _, n := range got.notices {
		for _, private := range []string{"ada@", "Grace", "navy", "not-a-hash"} {
			if strings.Contains(n, private) {
				t.Errorf("%q names %q", n, private)
			}
		}
	}
}

// A record that collides with one before it in the same file is refused, not both.
func TestImportOfDuplicates(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	lines := []string{strings.TrimSuffix(exportHead, "\n")}
	for range 3 {
		for _, id := range []string{"user_1", "user_2"} {
			lines = append(lines, `{"user":{"id":"`+id+`","email_addresses":[{"id":"idn_`+id+`","address":"ada@example.com"}]}}`)
		}
	}
	got := a.take(strings.Join(lines, "\n"), identity.ImportOptions{})
	if got.err != nil || got.Created["user"] != 1 || got.Kept["user"] != 2 || got.Refused["user"] != 3 {
		t.Errorf("import: %+v", got)
	}
}

func TestImportStopsWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	spy := &spyStore{Store: newApp(t).store}
	a := newApp(t, func(c *identity.Config) { c.Store = spy })
	full := errors.New("disk full")
	spy.breakWith(full)
	got := a.take(exportHead+`{"user":{"id":"user_1"}}`, identity.ImportOptions{})
	if !errors.Is(got.err, full) || len(got.Created)+len(got.Refused) > 0 {
		t.Errorf("import: %+v", got)
	}
}
