package fapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/usherauth/usher/internal/fapi"
)

func organizationCalls() []apiCall {
	ignore := func(call func(context.Context, *fapi.Client) (any, error)) func(context.Context, *fapi.Client) error {
		return func(ctx context.Context, c *fapi.Client) error { _, err := call(ctx, c); return err }
	}
	return []apiCall{
		{"create organization", "POST", "/v1/organizations", "", "name=Acme+%26+Sons", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.CreateOrganization(ctx, ada, "Acme & Sons")
		})},
		{"set active", "POST", "/v1/client/sessions/sess_1/touch", "", "active_organization_id=org_1&intent=select_org", false, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.SetActive(ctx, ada, "org_1")
		})},
		{"set nothing active", "POST", "/v1/client/sessions/sess_1/touch", "", "active_organization_id=&intent=select_org", false, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.SetActive(ctx, ada, "")
		})},
		{"members", "GET", "/v1/organizations/org_%2F..%2F1/memberships", "", "", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.Members(ctx, ada, "org_/../1")
		})},
		{"roles", "GET", "/v1/organizations/org_1/roles", "", "", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.Roles(ctx, ada, "org_1")
		})},
		{"sent invitations", "GET", "/v1/organizations/org_1/invitations", "", "", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.SentInvitations(ctx, ada, "org_1")
		})},
		{"invite", "POST", "/v1/organizations/org_1/invitations", "", "email_address=bob%40example.com&role=org%3Amember", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.Invite(ctx, ada, "org_1", "bob@example.com", "org:member")
		})},
		{"revoke invitation", "POST", "/v1/organizations/org_1/invitations/orginv_1/revoke", "", "", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.RevokeInvitation(ctx, ada, "org_1", "orginv_1")
		})},
		{"received invitations", "GET", "/v1/me/organization_invitations", "", "", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.ReceivedInvitations(ctx, ada)
		})},
		{"accept invitation", "POST", "/v1/me/organization_invitations/orginv_1/accept", "", "", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.AcceptInvitation(ctx, ada, "orginv_1")
		})},
		{"change role", "POST", "/v1/organizations/org_1/memberships/user_2", "PATCH", "role=org%3Aadmin", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.ChangeRole(ctx, ada, "org_1", "user_2", "org:admin")
		})},
		{"remove member", "POST", "/v1/organizations/org_1/memberships/user_2", "DELETE", "", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.RemoveMember(ctx, ada, "org_1", "user_2")
		})},
		{"leave", "POST", "/v1/me/organization_memberships/org_1", "DELETE", "", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.LeaveOrganization(ctx, ada, "org_1")
		})},
	}
}

// X14: an id that is no id leads nowhere else: without its last part, the path of a member is
// the organization's own.
func TestX14_IdsDoNotClimbPaths(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", "..", "...", "/", "../..", "../me", "a?x=1", "a#b", "%2e%2e", `..\`} {
		var path string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			path = r.URL.EscapedPath()
			reply(w, 404, `{"errors":[]}`)
		})
		for want, call := range map[string]func() (any, error){
			"/v1/organizations/org_1/memberships/*":        func() (any, error) { return c.RemoveMember(t.Context(), ada, "org_1", id) },
			"/v1/organizations/*/memberships/user_2":       func() (any, error) { return c.ChangeRole(t.Context(), ada, id, "user_2", "org:admin") },
			"/v1/organizations/org_1/invitations/*/revoke": func() (any, error) { return c.RevokeInvitation(t.Context(), ada, "org_1", id) },
			"/v1/me/organization_memberships/*":            func() (any, error) { return c.LeaveOrganization(t.Context(), ada, id) },
			"/v1/me/organization_invitations/*/accept":     func() (any, error) { return c.AcceptInvitation(t.Context(), ada, id) },
			"/v1/me/sessions/*/revoke":                     func() (any, error) { return c.RevokeSession(t.Context(), ada, id) },
			"/v1/client/sessions/*/touch":                  func() (any, error) { return c.Touch(t.Context(), ada, id) },
		} {
			path = ""
			_, _ = call()
			before, after, _ := strings.Cut(want, "*")
			inner, _ := strings.CutPrefix(path, before)
			inner, ok := strings.CutSuffix(inner, after)
			if !strings.HasPrefix(path, before) || !ok || strings.ContainsAny(inner, "/") || strings.Trim(inner, ".") == "" {
				t.Errorf("id %q: the path is %q, want %q with one segment", id, path, want)
			}
		}
	}
}

func TestListsAskForAPageOfWhatIsPending(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if strings.HasSuffix(r.URL.Path, "/memberships") {
			if q.Get("paginated") != "true" || q.Get("limit") != "100" {
				t.Errorf("members are asked for with %v", q)
			}
			reply(w, 200, `{"response":{"data":[{"id":"orgmem_1","role":"org:admin"}],"total_count":1},"client":null}`)
			return
		}
		if q.Get("status") != "pending" || q.Get("limit") != "100" {
			t.Errorf("invitations are asked for with %v", q)
		}
		reply(w, 200, `{"response":{"data":[],"total_count":0},"client":null}`)
	})
	members, err := c.Members(t.Context(), ada, "org_1")
	if err != nil || len(members.Resource.Data) != 1 || members.Resource.Data[0].Role != "org:admin" {
		t.Errorf("members = %+v, %v", members, err)
	}
	if sent, err := c.SentInvitations(t.Context(), ada, "org_1"); err != nil || len(sent.Resource.Data) != 0 {
		t.Errorf("invitations = %+v, %v", sent, err)
	}
}
