package identity_test

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// Every filter and order of the list, alone and together, and the count under the same
// filters.
func TestBackendUserFilters(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ids := map[string]string{}
	var times []int64
	for i, name := range []string{"ada", "bob", "cleo"} {
		u := app.user(t, map[string]any{
			"email_address": []string{name + "@example.com"}, "external_id": "ext-" + name, "username": name + "_x", "password": password,
			"first_name": strings.ToUpper(name), "last_name": string("zyx"[i]), "banned": name == "cleo",
		})
		ids[name] = u.ID
		times = append(times, u.CreatedAt)
		app.clock.Add(time.Minute)
	}
	app.visitor().enter("bob@example.com")
	signedIn := app.clock.Now().UnixMilli()
	org := identity.Organization{ID: "org_1", Name: "One", CreatedAt: app.clock.Now(), UpdatedAt: app.clock.Now()}
	err := app.store.Update(t.Context(), func(tx identity.Tx) error {
		return errors.Join(tx.PutOrganization(org), tx.PutMembership(identity.Membership{ID: "orgmem_1", OrgID: "org_1", UserID: ids["ada"], Role: "org:admin"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	ms := func(i int, d int64) string { return strconv.FormatInt(times[i]+d, 10) }
	for _, tt := range []struct{ query, want string }{
		{"", "CLEO BOB ADA"},
		{"external_id=ext-bob&external_id=ext-ada", "BOB ADA"},
		{"external_id[]=ext-bob", "BOB"},
		{"external_id=", ""},
		{"username=ADA_X", "ADA"},
		{"user_id=%2B" + ids["ada"], "ADA"},
		{"user_id=+" + ids["ada"], "ADA"},
		{"user_id=-" + ids["ada"], "CLEO BOB"},
		{"user_id=" + ids["bob"] + "&user_id=-" + ids["ada"], "BOB"},
		{"organization_id=org_1", "ADA"},
		{"organization_id=%2Borg_1", "ADA"},
		{"organization_id=-org_1", "CLEO BOB"},
		{"organization_id=org_none", ""},
		{"email_address_query=OB@EX", "BOB"},
		{"username_query=leo_", "CLEO"},
		{"name_query=ada%20z", "ADA"},
		{"query=bob_x", "BOB"},
		{"banned=true", "CLEO"},
		{"banned=false", "BOB ADA"},
		{"created_at_after=" + ms(0, 0), "CLEO BOB"},
		{"created_at_after=" + ms(0, -1) + "&created_at_before=" + ms(2, 0), "BOB ADA"},
		{"created_at_before=0", ""},
		{"last_sign_in_at_after=" + strconv.FormatInt(signedIn-1, 10), "BOB"},
		{"last_sign_in_at_before=" + strconv.FormatInt(signedIn, 10), ""},
		{"last_active_at_after=" + strconv.FormatInt(signedIn-1, 10), "BOB"},
		{"last_active_at_since=" + strconv.FormatInt(signedIn-1, 10), "BOB"},
		{"last_active_at_before=" + strconv.FormatInt(signedIn+1, 10), "BOB"},
		{"phone_number=%2B15555550100", ""},
		{"phone_number_query=555", ""},
		{"web3_wallet=0x1", ""},
		{"provider=oauth_google&provider_user_id=1", ""},
		{"order_by=first_name", "ADA BOB CLEO"},
		{"order_by=-first_name", "CLEO BOB ADA"},
		{"order_by=last_name", "CLEO BOB ADA"},
		{"order_by=-username", "CLEO BOB ADA"},
		{"order_by=-last_sign_in_at&limit=1", "BOB"},
		{"order_by=%2Bphone_number&limit=500", "ADA BOB CLEO"},
		{"order_by=-web3wallet", "CLEO BOB ADA"},
		{"starting_after=" + ids["bob"], "ADA"},
		{"starting_after=" + ids["bob"] + "&order_by=%2Bcreated_at", "CLEO"},
		{"starting_after=" + ids["cleo"] + "&limit=1", "BOB"},
	} {
		t.Run(tt.query, func(t *testing.T) {
			a := app.backend("GET", "/v1/users?"+tt.query, "")
			a.want(t, 200, "")
			if got := firstNames(t, a.body); got != tt.want {
				t.Errorf("users = %s, want %s", got, tt.want)
			}
			if strings.Contains(tt.query, "limit") || strings.Contains(tt.query, "starting_after") {
				return
			}
			n := decode[wire.TotalCount](t, app.backend("GET", "/v1/users/count?"+tt.query, "").body).TotalCount
			if want := len(strings.Fields(tt.want)); int(n) != want {
				t.Errorf("count = %d, want %d", n, want)
			}
		})
	}
	page := decode[wire.List[wire.User]](t, app.backend("GET", "/v1/users?paginated=true&limit=1&banned=false", "").body)
	if len(page.Data) != 1 || page.TotalCount != 2 {
		t.Errorf("page = %d of %d, want 1 of 2", len(page.Data), page.TotalCount)
	}
}

func firstNames(t *testing.T, body string) string {
	t.Helper()
	var names []string
	for _, u := range decode[[]wire.User](t, body) {
		names = append(names, string(u.FirstName))
	}
	return strings.Join(names, " ")
}

func TestBackendUserFiltersThatAreRefused(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	for query, param := range map[string]string{
		"order_by=password_hash": "order_by", "order_by=%2B": "order_by", "banned=yes": "banned", "created_at_after=yesterday": "created_at_after",
		"created_at_before=-1": "created_at_before", "last_active_at_since=1e3": "last_active_at_since", "last_sign_in_at_after=99999999999999999999": "last_sign_in_at_after",
		"name_query=" + strings.Repeat("x", 257): "name_query", "starting_after=user_x": "starting_after",
		"starting_after=user_x&order_by=username": "starting_after", strings.Repeat("organization_id=x&", 101): "organization_id",
		url.Values{"username": make([]string, 101)}.Encode(): "username",
	} {
		a := app.backend("GET", "/v1/users?"+query, "")
		if a.StatusCode != 422 || a.param(t) != param {
			t.Errorf("%.60s: answer = %d %s, want 422 about %s", query, a.StatusCode, a.body, param)
		}
	}
}
