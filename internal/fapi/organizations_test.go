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
		{"leave", "POST", "/v1/me/organization_memberships/org_1", "DELETE", "", true, ignore(func(ctx context.Context, c *fapi.Client) (any, error) {
			return c.LeaveOrganization(ctx, ada, "org_1")
		})},
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
