package identity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

// countingStore counts the calls of each transaction.
type countingStore struct {
	identity.Store
	calls, updates int
}

func (s *countingStore) View(ctx context.Context, fn func(identity.Tx) error) error {
	return s.Store.View(ctx, func(tx identity.Tx) error { return fn(countingTx{tx, s}) })
}

func (s *countingStore) Update(ctx context.Context, fn func(identity.Tx) error) error {
	s.updates++
	return s.Store.Update(ctx, func(tx identity.Tx) error { return fn(countingTx{tx, s}) })
}

// countingTx counts what reads records that lists are made of.
type countingTx struct {
	identity.Tx
	s *countingStore
}

func (t countingTx) User(id string) (identity.User, error) { t.s.calls++; return t.Tx.User(id) }
func (t countingTx) Users(q identity.UserQuery) ([]identity.User, error) {
	t.s.calls++
	return t.Tx.Users(q)
}
func (t countingTx) Client(id string) (identity.Client, error) { t.s.calls++; return t.Tx.Client(id) }
func (t countingTx) Session(id string) (identity.Session, error) {
	t.s.calls++
	return t.Tx.Session(id)
}
func (t countingTx) Sessions(q identity.SessionQuery) ([]identity.Session, error) {
	t.s.calls++
	return t.Tx.Sessions(q)
}
func (t countingTx) Organization(id string) (identity.Organization, error) {
	t.s.calls++
	return t.Tx.Organization(id)
}
func (t countingTx) Organizations(q identity.OrganizationQuery) ([]identity.Organization, error) {
	t.s.calls++
	return t.Tx.Organizations(q)
}
func (t countingTx) Membership(org, user string) (identity.Membership, error) {
	t.s.calls++
	return t.Tx.Membership(org, user)
}
func (t countingTx) Memberships(q identity.MembershipQuery) ([]identity.Membership, error) {
	t.s.calls++
	return t.Tx.Memberships(q)
}
func (t countingTx) CountMemberships(q identity.MembershipQuery) (int64, error) {
	t.s.calls++
	return t.Tx.CountMemberships(q)
}
func (t countingTx) Invitation(id string) (identity.Invitation, error) {
	t.s.calls++
	return t.Tx.Invitation(id)
}
func (t countingTx) Invitations(q identity.InvitationQuery) ([]identity.Invitation, error) {
	t.s.calls++
	return t.Tx.Invitations(q)
}
func (t countingTx) CountInvitations(q identity.InvitationQuery) (int64, error) {
	t.s.calls++
	return t.Tx.CountInvitations(q)
}
func (t countingTx) CountPeople(ids []string, at time.Time) (m, p map[string]int64, err error) {
	t.s.calls++
	return t.Tx.CountPeople(ids, at)
}
func (t countingTx) SignIn(id string) (identity.SignIn, error) { t.s.calls++; return t.Tx.SignIn(id) }
func (t countingTx) SignUp(id string) (identity.SignUp, error) { t.s.calls++; return t.Tx.SignUp(id) }
func (t countingTx) Grant(id string) (identity.Grant, error)   { t.s.calls++; return t.Tx.Grant(id) }

// fillOrganizations puts a person into n organizations, each with as many pending invitations
// by people who are gone, and with invitations for the person.
func fillOrganizations(t *testing.T, store identity.Store, userID, email string, now time.Time, from, to, pending int) {
	t.Helper()
	err := store.Update(t.Context(), func(tx identity.Tx) error {
		var errs []error
		for n := from; n < to; n++ {
			org := identity.Organization{ID: fmt.Sprintf("org_%04d", n), Name: fmt.Sprint("Org ", n), CreatedAt: now, UpdatedAt: now}
			other := identity.User{ID: fmt.Sprintf("user_%04d", n), FirstName: "Grace", CreatedAt: now, UpdatedAt: now}
			errs = append(errs, tx.PutOrganization(org), tx.PutUser(other),
				tx.PutMembership(identity.Membership{ID: fmt.Sprintf("orgmem_%04d", n), OrgID: org.ID, UserID: userID, Role: "org:admin", CreatedAt: now, UpdatedAt: now}))
			if from > 0 || n > 0 {
				errs = append(errs, tx.PutMembership(identity.Membership{ID: fmt.Sprintf("orgmem_x%04d", n), OrgID: "org_0000", UserID: other.ID, Role: "org:member", CreatedAt: now, UpdatedAt: now}))
			}
			invitedTo := identity.Organization{ID: fmt.Sprintf("org_to_%04d", n), Name: "To", CreatedAt: now, UpdatedAt: now}
			errs = append(errs, tx.PutOrganization(invitedTo))
			for i := range pending {
				errs = append(errs, tx.PutInvitation(identity.Invitation{
					ID: fmt.Sprintf("orginv_%04d_%d", n, i), OrgID: org.ID, Address: fmt.Sprintf("a%d@example.com", i), Normalized: fmt.Sprintf("a%d@example.com", i),
					Status: "pending", Role: "org:member", InviterID: fmt.Sprintf("user_gone_%d", i), ExpireAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now,
				}))
			}
			for i, to := range []string{"org_0000", invitedTo.ID} {
				address := email
				if i == 0 {
					address = fmt.Sprintf("b%d@example.com", n)
				}
				errs = append(errs, tx.PutInvitation(identity.Invitation{
					ID: fmt.Sprintf("orginv_%04d_to%d", n, i), OrgID: to, Address: address, Normalized: address,
					Status: "pending", Role: "org:member", InviterID: other.ID, ExpireAt: now.Add(time.Hour), CreatedAt: now, UpdatedAt: now,
				}))
			}
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An answer with a list inside takes as many queries as one with a single entry.
func TestD7_ListsTakeAConstantNumberOfQueries(t *testing.T) {
	t.Parallel()
	store := &countingStore{Store: memstore.New()}
	app, box := newMailApp(t, func(c *identity.Config) { c.Store, c.MultiSession = store, true })
	v := app.visitor()
	v.signUp("ada@example.com")
	v.verifyAddress(box)
	id := v.client().Sessions[0].User.ID
	v.post("/v1/client/sign_ups", "email_address", "bob@example.com", "password", password).want(t, 200, "")
	sessions := v.client().Sessions // of one moment, and so in any order
	adas := sessions[slices.IndexFunc(sessions, func(s wire.Session) bool { return s.User.ID == id })].ID
	v.post("/v1/client/sessions/"+adas+"/touch").want(t, 200, "")
	frontend := func(path string) func() answer { return func() answer { return v.get(path) } }
	backend := func(path string) func() answer { return func() answer { return app.backend("GET", path, "") } }
	lists := map[string]func() answer{
		"client":               frontend("/v1/client"),
		"me":                   frontend("/v1/me"),
		"touch":                func() answer { return v.post("/v1/client/sessions/" + adas + "/touch") },
		"my memberships":       frontend("/v1/me/organization_memberships?paginated=true&limit=100"),
		"my invitations":       frontend("/v1/me/organization_invitations?limit=100"),
		"members":              frontend("/v1/organizations/org_0000/memberships?limit=100"),
		"sent invitations":     frontend("/v1/organizations/org_0000/invitations?limit=100"),
		"my sessions":          frontend("/v1/me/sessions"),
		"organizations":        backend("/v1/organizations?limit=100&include_members_count=true&include_missing_member_with_elevated_permissions=true"),
		"unmanaged":            backend("/v1/organizations?limit=100&filter_by=missing_member_with_elevated_permissions&include_members_count=true"),
		"organizations not of": backend("/v1/organizations?limit=100&user_id=-" + id),
		"backend members":      backend("/v1/organizations/org_0000/memberships?limit=100"),
		"members by name":      backend("/v1/organizations/org_0000/memberships?limit=100&order_by=first_name"),
		"members by filter":    backend("/v1/organizations/org_0000/memberships?limit=100&name_query=grace"),
		"all memberships":      backend("/v1/organization_memberships?limit=100"),
		"user's memberships":   backend("/v1/users/" + id + "/organization_memberships?limit=100"),
		"user's invitations":   backend("/v1/users/" + id + "/organization_invitations?limit=100"),
		"backend invitations":  backend("/v1/organizations/org_0000/invitations?limit=100"),
		"all invitations":      backend("/v1/organization_invitations?limit=100"),
		"users":                backend("/v1/users?limit=100"),
		"sessions":             backend("/v1/sessions?limit=100&user_id=" + id),
	}
	measure := func() map[string]int {
		calls := map[string]int{}
		for name, get := range lists {
			get() // what a first use writes down
			store.calls = 0
			get().want(t, 200, "")
			calls[name] = store.calls
		}
		return calls
	}
	fillOrganizations(t, store.Store, id, "ada@example.com", app.clock.Now(), 0, 3, 3)
	few := measure()
	fillOrganizations(t, store.Store, id, "ada@example.com", app.clock.Now(), 3, 60, 20)
	many := measure()
	for name := range lists {
		if few[name] != many[name] {
			t.Errorf("%s: %d queries for a few entries, %d for many", name, few[name], many[name])
		}
	}
	t.Log(many)
}

// E4: of a renewal, nine tenths of the processor's time are the signature, as long as it reads
// the client, its sessions and their users, and writes nothing while the person was seen a
// moment ago.
func TestE4_ARenewalTakesThreeReadsAndNoWrite(t *testing.T) {
	t.Parallel()
	store := &countingStore{Store: memstore.New()}
	app := newApp(t, func(c *identity.Config) { c.Store = store })
	v := app.visitor()
	v.signUp("ada@example.com")
	path := "/v1/client/sessions/" + v.client().Sessions[0].ID + "/tokens"
	v.post(path).want(t, 200, "")
	store.calls, store.updates = 0, 0
	app.clock.Add(time.Second)
	v.post(path).want(t, 200, "")
	if store.calls != 3 || store.updates != 0 {
		t.Errorf("%d reads and %d writing transactions, want 3 and none", store.calls, store.updates)
	}
}
