package storetest

import (
	"fmt"
	"testing"

	"github.com/usherauth/usher/identity"
)

// records is one record of each type.
type records struct {
	user         identity.User
	client       identity.Client
	session      identity.Session
	signIn       identity.SignIn
	signUp       identity.SignUp
	organization identity.Organization
	membership   identity.Membership
	invitation   identity.Invitation
	grant        identity.Grant
	image        identity.Image
	event        identity.AuditEvent
	key          identity.SigningKey
	name         string // of a setting
}

func allFilled(seed int, text string) records {
	r := records{
		user: filled[identity.User](seed, text), client: filled[identity.Client](seed, text),
		session: filled[identity.Session](seed, text), signIn: filled[identity.SignIn](seed, text),
		signUp: filled[identity.SignUp](seed, text), organization: filled[identity.Organization](seed, text),
		membership: filled[identity.Membership](seed, text), invitation: filled[identity.Invitation](seed, text),
		grant: filled[identity.Grant](seed, text), image: filled[identity.Image](seed, text),
		event: filled[identity.AuditEvent](seed, text), key: filled[identity.SigningKey](seed, text),
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

func (r records) put(tx identity.Tx) error {
	for _, record := range r.all() {
		if err := putOne(tx, record); err != nil {
			return fmt.Errorf("%T: %w", record, err)
		}
	}
	return tx.PutSetting(r.name, []byte(r.name))
}

// check finds each record but the key, by everything that it can be found by.
func (r records) check(t *testing.T, s identity.Store) {
	t.Helper()
	r.checkOne(t, s)
	r.checkLists(t, s)
}

// checkOne finds what is found alone.
func (r records) checkOne(t *testing.T, s identity.Store) {
	t.Helper()
	wantRecord(t, s, identity.Tx.User, r.user.ID, r.user)
	for _, e := range r.user.Emails {
		wantRecord(t, s, identity.Tx.UserByEmail, e.Normalized, r.user)
	}
	wantRecord(t, s, identity.Tx.Client, r.client.ID, r.client)
	wantRecord(t, s, identity.Tx.Session, r.session.ID, r.session)
	wantRecord(t, s, identity.Tx.SignIn, r.signIn.ID, r.signIn)
	wantRecord(t, s, identity.Tx.SignUp, r.signUp.ID, r.signUp)
	wantRecord(t, s, identity.Tx.Organization, r.organization.ID, r.organization)
	wantRecord(t, s, identity.Tx.OrganizationBySlug, r.organization.Slug, r.organization)
	wantRecord(t, s, membershipOf, pair{r.organization.ID, r.user.ID}, r.membership)
	wantRecord(t, s, identity.Tx.Invitation, r.invitation.ID, r.invitation)
	wantRecord(t, s, identity.Tx.Grant, r.grant.ID, r.grant)
	wantRecord(t, s, identity.Tx.GrantBySecret, r.grant.SecretHash, r.grant)
	wantRecord(t, s, identity.Tx.Image, r.image.ID, r.image)
	wantRecord(t, s, identity.Tx.Setting, r.name, []byte(r.name))
}

// checkLists asks for the records with every string that a query takes.
func (r records) checkLists(t *testing.T, s identity.Store) {
	t.Helper()
	org := []string{r.organization.ID}
	wantUsers(t, s, identity.UserQuery{
		IDs: []string{r.user.ID}, Emails: []string{r.user.Emails[1].Normalized}, ExternalIDs: []string{r.user.ExternalID},
		Usernames: []string{r.user.Username}, OrgIDs: org, NotIDs: org, NotOrgIDs: []string{r.user.ID},
		Search: r.user.LastName, EmailPart: r.user.Emails[2].Address, NamePart: r.user.FirstName, UsernamePart: r.user.Username,
	}, r.user.ID)
	wantSessions(t, s, identity.SessionQuery{UserID: r.user.ID, ClientID: r.client.ID, Status: r.session.Status}, r.session)
	organizations.want(t, s, identity.OrganizationQuery{IDs: org, UserIDs: []string{r.user.ID}, Search: r.organization.Name}, r.organization.ID)
	memberships.want(t, s, identity.MembershipQuery{
		OrgID: r.organization.ID, UserID: r.user.ID, UserIDs: []string{r.user.ID}, Roles: []string{r.membership.Role}, Search: r.user.Username,
	}, r.membership.ID)
	invitations.want(t, s, identity.InvitationQuery{
		OrgID: &r.organization.ID, Emails: []string{r.invitation.Normalized}, Statuses: []string{r.invitation.Status},
	}, r.invitation.ID)
	wantEvents(t, s, identity.AuditQuery{UserID: r.event.UserID, OrgID: r.event.OrgID, Types: []string{r.event.Type}}, r.event)
}
