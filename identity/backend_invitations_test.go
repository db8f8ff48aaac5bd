package identity_test

import (
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

// A filter that is no address finds nothing: not invitations whose address was erased either.
func TestInvitationsToNoAddressAreNobodys(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	path := "/v1/organizations/" + app.member("ada").found("Acme").ID + "/invitations"
	bob := app.member("bob")
	app.backend("POST", path, `{"email_address":"bob@example.com","role":"org:member"}`).want(t, 200, "")
	app.backend("DELETE", "/v1/users/"+bob.userID(), "").want(t, 200, "")
	for query, want := range map[string]int64{"": 1, "?email_address=nonsense": 0, "?email_address=bob@example.com": 0} {
		a := app.backend("GET", "/v1/organization_invitations"+query, "")
		a.want(t, 200, "")
		if n := decode[wire.List[wire.OrganizationInvitation]](t, a.body).TotalCount; n != want {
			t.Errorf("%q finds %d, want %d", query, n, want)
		}
	}
}

// Invitations are found by a part of the address, without case, wherever they are listed.
func TestInvitationsAreSearchedByAddress(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada := app.member("ada")
	path := "/v1/organizations/" + ada.found("Acme").ID + "/invitations"
	for _, name := range []string{"Bob", "bobby", "cleo"} {
		app.backend("POST", path, `{"email_address":"`+name+`@example.com","role":"org:member"}`).want(t, 200, "")
	}
	for _, list := range []string{"/v1/organization_invitations", path} {
		for _, tt := range []struct {
			query, want string
			total       int64
		}{
			{"", "Bob bobby cleo", 3}, {"query=BOB", "Bob bobby", 2}, {"query=by%40EXAMPLE", "bobby", 1}, {"query=nobody", "", 0},
			{"query=Bob&limit=1", "Bob", 2}, {"query=o&status=revoked", "", 0}, {"query=%25", "", 0},
			{"query=o&email_address=cleo@example.com", "cleo", 1},
		} {
			a := app.backend("GET", list+"?order_by=email_address&"+tt.query, "")
			a.want(t, 200, "")
			found := decode[wire.List[wire.OrganizationInvitation]](t, a.body)
			var got []string
			for _, i := range found.Data {
				got = append(got, strings.TrimSuffix(i.EmailAddress, "@example.com"))
			}
			if strings.Join(got, " ") != tt.want || found.TotalCount != tt.total {
				t.Errorf("%s?%s: %v of %d, want %s of %d", list, tt.query, got, found.TotalCount, tt.want, tt.total)
			}
		}
		a := app.backend("GET", list+"?query="+strings.Repeat("x", 257), "")
		a.want(t, 422, wire.CodeParamFormatInvalid)
		if a.param(t) != "query" {
			t.Errorf("param_name = %q", a.param(t))
		}
	}
}
