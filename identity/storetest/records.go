package storetest

import (
	"fmt"
	"testing"

	"github.com/usherauth/usher/identity/store"
)

// records is one record of each type.
type records struct {
	user         store.User
	client       store.Client
	session      store.Session
	signIn       store.SignIn
	signUp       store.SignUp
	organization store.Organization
	membership   store.Membership
	invitation   store.Invitation
	grant        store.Grant
	image        store.Image
	event        store.AuditEvent
	key          store.SigningKey
	name         string // of a setting
}

func allFilled(seed int, text string) records {
	r := records{
		user: filled[store.User](seed, text), client: filled[store.Client](seed, text),
		session: filled[store.Session](seed, text), signIn: filled[store.SignIn](seed, text),
		signUp: filled[store.SignUp](seed, text), organization: filled[store.Organization](seed, text),
		membership: filled[store.Membership](seed, text), invitation: filled[store.Invitation](seed, text),
		grant: filled[store.Grant](seed, text), image: filled[store.Image](seed, text),
		event: filled[store.AuditEvent](seed, text), key: filled[store.SigningKey](seed, text),
		name: fmt.Sprint(text, seed),
	}
	r.session.UserID, r.session.ClientID = r.user.ID, r.client.ID
	r.membership.UserID, r.membership.OrgID = r.user.ID, r.organization.ID
	r.invitation.OrgID, r.grant.UserID = r.organization.ID, r.user.ID
	return r
}

// all are the records but the setting, each behind those that it needs.
func (r records) all() []any {
	return []any{
		r.user, r.client, r.session, r.signIn, r.signUp, r.organization, r.membership, r.invitation, r.grant, r.image, r.event, r.key,
	}
}

func (r records) put(tx store.Tx) error {
	for _, record := range r.all() {
		if err := putOne(tx, record); err != nil {
			return fmt.Errorf("%T: %w", record, err)
		}
	}
	return tx.PutSetting(r.name, []byte(r.name))
}

// check finds each record but the key, by everything that it can be found by.
func (r records) check(t *testing.T, s store.Store) {
	t.Helper()
	r.checkOne(t, s)
	r.checkLists(t, s)
}

// checkOne finds what is found alone.
func (r records) checkOne(t *testing.T, s store.Store) {
	t.Helper()
	wantRecord(t, s, store.Tx.User, r.user.ID, r.user)
	for _, e := range r.user.Emails {
		wantRecord(t, s, store.Tx.UserByEmail, e.Normalized, r.user)
	}
	wantRecord(t, s, store.Tx.Client, r.client.ID, r.client)
	wantRecord(t, s, store.Tx.Session, r.session.ID, r.session)
	wantRecord(t, s, store.Tx.SignIn, r.signIn.ID, r.signIn)
	wantRecord(t, s, store.Tx.SignUp, r.signUp.ID, r.signUp)
	wantRecord(t, s, store.Tx.Organization, r.organization.ID, r.organization)
	wantRecord(t, s, store.Tx.OrganizationBySlug, r.organization.Slug, r.organization)
	wantRecord(t, s, membershipOf, pair{r.organization.ID, r.user.ID}, r.membership)
	wantRecord(t, s, store.Tx.Invitation, r.invitation.ID, r.invitation)
	wantRecord(t, s, store.Tx.Grant, r.grant.ID, r.grant)
	wantRecord(t, s, store.Tx.GrantBySecret, r.grant.SecretHash, r.grant)
	wantRecord(t, s, store.Tx.Image, r.image.ID, r.image)
	wantRecord(t, s, store.Tx.Setting, r.name, []byte(r.name))
}

// checkLists asks for the records with every string that a query takes.
func (r records) checkLists(t *testing.T, s store.Store) {
	t.Helper()
	org := []string{r.organization.ID}
	wantUsers(t, s, store.UserQuery{
		IDs: []string{r.user.ID}, Emails: []string{r.user.Emails[1].Normalized}, ExternalIDs: []string{r.user.ExternalID},
		Usernames: []string{r.user.Username}, OrgIDs: org, NotIDs: org, NotOrgIDs: []string{r.user.ID},
		Search: r.user.LastName, EmailPart: r.user.Emails[2].Address, NamePart: r.user.FirstName, UsernamePart: r.user.Username,
	}, r.user.ID)
	wantSessions(t, s, store.SessionQuery{UserID: r.user.ID, ClientID: r.client.ID, Status: r.session.Status}, r.session)
	organizations.want(t, s, store.OrganizationQuery{IDs: org, UserIDs: []string{r.user.ID}, Search: r.organization.Name}, r.organization.ID)
	memberships.want(t, s, store.MembershipQuery{
		OrgID: r.organization.ID, UserID: r.user.ID, UserIDs: []string{r.user.ID}, Roles: []string{r.membership.Role}, Search: r.user.Username,
	}, r.membership.ID)
	invitations.want(t, s, store.InvitationQuery{
		OrgID: &r.organization.ID, Emails: []string{r.invitation.Normalized}, Statuses: []string{r.invitation.Status},
	}, r.invitation.ID)
	wantEvents(t, s, store.AuditQuery{UserID: r.event.UserID, OrgID: r.event.OrgID, Types: []string{r.event.Type}}, r.event)
}
