package identity

import (
	"github.com/usherauth/usher/identity/internal/mail"
	"github.com/usherauth/usher/identity/store"
)

// Mail is a message to a person, which [Config.SendMail] sends. Its Kind is
// "verification_code", "reset_password_code", "account_exists", "password_changed" or
// "invitation". When it is printed or logged, it shows only its kind: the address is private,
// and the text may contain a code.
type Mail = mail.Mail

// The records, queries and errors of package store, under the names that programs know.
type (
	// Store keeps an instance's records; see [store.Store].
	Store = store.Store
	// Tx is one transaction of a [Store]; see [store.Tx].
	Tx = store.Tx

	// User is a person; see [store.User].
	User = store.User
	// EmailAddress is an address of a [User]; see [store.EmailAddress].
	EmailAddress = store.EmailAddress
	// Client is one browser; see [store.Client].
	Client = store.Client
	// Session is one person's signed-in state in one [Client]; see [store.Session].
	Session = store.Session
	// SignIn is a sign-in attempt; see [store.SignIn].
	SignIn = store.SignIn
	// SignUp is a sign-up attempt; see [store.SignUp].
	SignUp = store.SignUp
	// SigningKey signs session tokens; see [store.SigningKey].
	SigningKey = store.SigningKey
	// Organization is a group of people with roles; see [store.Organization].
	Organization = store.Organization
	// Membership is a user's part in an organization; see [store.Membership].
	Membership = store.Membership
	// Invitation asks somebody to join or to sign up; see [store.Invitation].
	Invitation = store.Invitation
	// Grant is something that can be spent; see [store.Grant].
	Grant = store.Grant
	// Image is a profile image or a logo; see [store.Image].
	Image = store.Image
	// AuditEvent is one thing that happened to an account; see [store.AuditEvent].
	AuditEvent = store.AuditEvent

	// Period is a span of time; see [store.Period].
	Period = store.Period
	// UserQuery selects users; see [store.UserQuery].
	UserQuery = store.UserQuery
	// SessionQuery selects sessions; see [store.SessionQuery].
	SessionQuery = store.SessionQuery
	// OrganizationQuery selects organizations; see [store.OrganizationQuery].
	OrganizationQuery = store.OrganizationQuery
	// MembershipQuery selects memberships; see [store.MembershipQuery].
	MembershipQuery = store.MembershipQuery
	// InvitationQuery selects invitations; see [store.InvitationQuery].
	InvitationQuery = store.InvitationQuery
	// AuditQuery selects audit events; see [store.AuditQuery].
	AuditQuery = store.AuditQuery
)

// Errors of a [Store]; test for them with errors.Is.
var (
	ErrNotFound = store.ErrNotFound
	ErrConflict = store.ErrConflict
	ErrBusy     = store.ErrBusy
)
