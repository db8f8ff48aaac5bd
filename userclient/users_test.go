package userclient_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/userclient"
)

func TestGetReadsARecordedUser(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("../testdata/wire/user.json")
	if err != nil {
		t.Fatal(err)
	}
	u, err := client(t, transportOf(ok(string(body)))).Users.Get(t.Context(), "user_cafebabe")
	if err != nil {
		t.Fatal(err)
	}
	email := u.EmailAddresses[0]
	got := []any{u.ID, string(u.FirstName), string(u.Username), u.ImageURL, u.TwoFactorEnabled, u.CreatedAt,
		string(u.PrimaryEmailAddressID), email.EmailAddress, email.Verification.Status, len(u.ExternalAccounts)}
	want := []any{"user_cafebabe", "John", "", "https://clerk.com", true, int64(1611948436),
		"idn_email_address", "john.doe@clerk.test", "verified", 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	var metadata map[string]string
	if err := json.Unmarshal(u.PublicMetadata, &metadata); err != nil || metadata["zodiac_sign"] != "leo" {
		t.Errorf("PublicMetadata = %s", u.PublicMetadata)
	}
}

// notIDs are paths that users may type where an id belongs.
var notIDs = []string{
	"", ".", "..", "../jwks", "user_1/../../jwks", "/", "//evil.example/x", `\evil`, `user_1\..`, "user_1/", "user_1?x=1",
	"user_1#x", "user_1%2f..%2fjwks", "%2e%2e", "https://evil.example/", "user_1\r\nHost: evil.example", "user_1\x00", "user 1",
	"@evil.example", ":80", "user_é", "user_1;x", "user_1.json", strings.Repeat("a", 129),
}

func TestX14_PathsGivenForIDsAreRefused(t *testing.T) {
	t.Parallel()
	rt := transport(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s was requested", r.URL)
		return answer(500, ""), nil
	})
	c := client(t, rt)
	calls := map[string]func(string) error{
		"Users.Get":       func(id string) error { _, err := c.Users.Get(t.Context(), id); return err },
		"Sessions.Get":    func(id string) error { _, err := c.Sessions.Get(t.Context(), id); return err },
		"Sessions.Revoke": func(id string) error { _, err := c.Sessions.Revoke(t.Context(), id); return err },
	}
	for name, call := range calls {
		for _, id := range notIDs {
			if err := call(id); !errors.Is(err, userclient.ErrNotFound) || len(err.Error()) > 300 {
				t.Errorf("%s(%q) = %v, want ErrNotFound", name, id, err)
			}
		}
	}
}

func TestP09_HostNeverChanges(t *testing.T) {
	t.Parallel()
	var calls int
	rt := transport(func(r *http.Request) (*http.Response, error) {
		calls++
		if r.URL.Scheme != "https" || r.URL.Host != "api.clerk.com" || r.Host != "api.clerk.com" || r.URL.Path != "/v1/users" {
			t.Errorf("request goes to %s (Host %s)", r.URL, r.Host)
		}
		return answer(200, "[]"), nil
	})
	c := client(t, rt)
	for _, text := range notIDs {
		p := userclient.ListParams{Query: text, OrderBy: text, UserIDs: []string{text}, Usernames: []string{text, text}}
		if _, err := c.Users.List(t.Context(), p); err != nil {
			t.Errorf("List(%q) = %v", text, err)
		}
	}
	if calls != len(notIDs) {
		t.Errorf("%d requests, want %d", calls, len(notIDs))
	}
}

func TestListAndCountParameters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		p           userclient.ListParams
		list, count url.Values
	}{
		{"none", userclient.ListParams{}, url.Values{}, url.Values{}},
		{
			"all", userclient.ListParams{
				Limit: 500, Offset: 20, OrderBy: "+created_at", Query: "a&b",
				UserIDs: []string{"user_1", "user_2"}, ExternalIDs: []string{"e"}, EmailAddresses: []string{"a+b@example.com"},
				PhoneNumbers: []string{"+1555"}, Usernames: []string{"ada"}, OrganizationIDs: []string{"org_1"},
			},
			url.Values{
				"limit": {"500"}, "offset": {"20"}, "order_by": {"+created_at"}, "query": {"a&b"},
				"user_id": {"user_1", "user_2"}, "external_id": {"e"}, "email_address": {"a+b@example.com"},
				"phone_number": {"+1555"}, "username": {"ada"}, "organization_id": {"org_1"},
			},
			url.Values{
				"query": {"a&b"}, "user_id": {"user_1", "user_2"}, "external_id": {"e"}, "email_address": {"a+b@example.com"},
				"phone_number": {"+1555"}, "username": {"ada"}, "organization_id": {"org_1"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := map[string]url.Values{}
			c := client(t, transport(func(r *http.Request) (*http.Response, error) {
				got[r.URL.Path] = r.URL.Query()
				if r.URL.Path == "/v1/users" {
					return answer(200, "["+ada+"]"), nil
				}
				return answer(200, `{"object":"total_count","total_count":7}`), nil
			}))
			users, err := c.Users.List(t.Context(), tt.p)
			if err != nil || len(users) != 1 || users[0].ID != "user_1" {
				t.Errorf("List = %+v, %v", users, err)
			}
			n, err := c.Users.Count(t.Context(), tt.p)
			if err != nil || n != 7 {
				t.Errorf("Count = %d, %v, want 7", n, err)
			}
			want := map[string]url.Values{"/v1/users": tt.list, "/v1/users/count": tt.count}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("queries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestListRefusesParametersTheAPIWould(t *testing.T) {
	t.Parallel()
	rt, calls := script(ok("[]"))
	c := client(t, rt)
	many := make([]string, 101)
	for name, p := range map[string]userclient.ListParams{
		"a negative limit":   {Limit: -1},
		"a limit over 500":   {Limit: 501},
		"a negative offset":  {Offset: -1},
		"101 ids":            {UserIDs: many},
		"101 user names":     {Usernames: many},
		"101 mail addresses": {EmailAddresses: many},
	} {
		if _, err := c.Users.List(t.Context(), p); err == nil {
			t.Errorf("List with %s succeeded", name)
		}
	}
	if _, err := c.Users.Count(t.Context(), userclient.ListParams{UserIDs: many}); err == nil {
		t.Error("Count with 101 ids succeeded")
	}
	for _, p := range []userclient.SessionListParams{{Limit: 501}, {Limit: -1}, {Offset: -1}} {
		if _, err := c.Sessions.List(t.Context(), p); err == nil {
			t.Errorf("List(%+v) succeeded", p)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestListsOfTheWrongShapeAreRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"null", "{}", "[null]", `[{}]`, `["user_1"]`, `{"data":[],"total_count":0}`, "[" + ada, `[{"object":"organization","id":"org_1"}]`,
	} {
		c := client(t, transportOf(ok(body)))
		if users, err := c.Users.List(t.Context(), userclient.ListParams{}); !errors.Is(err, userclient.ErrUnavailable) {
			t.Errorf("%s: Users.List = %v, %v, want ErrUnavailable", body, users, err)
		}
		if sessions, err := c.Sessions.List(t.Context(), userclient.SessionListParams{}); !errors.Is(err, userclient.ErrUnavailable) {
			t.Errorf("%s: Sessions.List = %v, %v, want ErrUnavailable", body, sessions, err)
		}
	}
	for _, body := range []string{"null", "7", "{}", `{"object":"total_count","total_count":-1}`, `{"object":"total_count","total_count":"7"}`} {
		if n, err := client(t, transportOf(ok(body))).Users.Count(t.Context(), userclient.ListParams{}); err == nil {
			t.Errorf("%s: Count = %d, want an error", body, n)
		}
	}
	for _, body := range []string{"null", "[]", "{}", `{"keys":null}`, `{"keys":{}}`} {
		if set, err := client(t, transportOf(ok(body))).JWKS(t.Context()); err == nil {
			t.Errorf("%s: JWKS = %+v, want an error", body, set)
		}
	}
	if users, err := client(t, transportOf(ok(" [] "))).Users.List(t.Context(), userclient.ListParams{}); err != nil || users == nil || len(users) != 0 {
		t.Errorf("an empty list: %v, %v, want an empty slice", users, err)
	}
}
