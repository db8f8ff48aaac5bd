package store

import (
	"context"
	"errors"
	"time"
)

// Errors every [Store] returns; test for them with errors.Is.
var (
	// ErrNotFound means that no record has this id, address or secret.
	ErrNotFound = errors.New("not found")
	// ErrConflict means that a unique value is taken: the id of a record of any kind, a
	// user's external id or user name, a normalized address, the secret of a client or a
	// grant, an organization's slug, or a user's membership in an organization.
	ErrConflict = errors.New("already exists")
	// ErrBusy means that the store could not begin the transaction in time because
	// other writers held it. Nothing was changed; the caller may try again.
	ErrBusy = errors.New("store is busy")
)

// Store keeps an instance's records. Implementations are safe for concurrent use;
// package storetest is the contract they are held to.
type Store interface {
	// View runs fn with a consistent snapshot. fn must not write: Put and Delete
	// methods of the Tx return an error.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn in a serializable transaction: what fn read does not change
	// before its writes are in. When fn returns nil and Update returns nil, every
	// write is durable, across kill -9 too where the store keeps files. When fn or
	// the commit fails, nothing of it is kept and the error is returned as it is.
	// fn may be run again, so it must not have effects of its own.
	Update(ctx context.Context, fn func(Tx) error) error

	// Ping reports whether the store can serve, for readiness checks.
	Ping(ctx context.Context) error

	// Close releases the store. Calls after Close return an error.
	Close() error
}

// Tx is one transaction. It is used by one goroutine and not kept after fn returns.
// Getters return ErrNotFound for what is not there. Put methods insert or replace by
// id, and return ErrConflict when another record holds a unique value. Records are
// copied in and out: changing one after the call changes nothing stored.
type Tx interface {
	User(id string) (User, error)
	UserByEmail(normalized string) (User, error) // by EmailAddress.Normalized, of any of the user's addresses
	UserByEmailID(id string) (User, error)       // by EmailAddress.ID
	Users(q UserQuery) ([]User, error)
	CountUsers(q UserQuery) (int64, error) // ignores Limit, Offset, After and OrderBy
	PutUser(u User) error                  // with all of its addresses; addresses no longer in u are deleted
	// DeleteUser deletes a user with its addresses, sessions, memberships and grants. Audit
	// events that name it, as the one it happened to or as the one who did it, stay without
	// their network address and user agent.
	DeleteUser(id string) error

	Client(id string) (Client, error)
	PutClient(c Client) error
	DeleteClient(id string) error // with its sessions and attempts
	// SignedInClients are those that have sessions, whatever has become of them, the newest
	// session's first, and their number. A limit of 0 is none.
	SignedInClients(limit, offset int) (ids []string, total int64, err error)

	Session(id string) (Session, error)
	Sessions(q SessionQuery) ([]Session, error)
	CountSessions(q SessionQuery) (int64, error) // ignores Limit and Offset
	PutSession(s Session) error                  // ErrNotFound when its user or client does not exist

	SignIn(id string) (SignIn, error)
	PutSignIn(a SignIn) error
	SignUp(id string) (SignUp, error)
	PutSignUp(a SignUp) error

	Organization(id string) (Organization, error)
	OrganizationBySlug(slug string) (Organization, error)
	Organizations(q OrganizationQuery) ([]Organization, error)
	CountOrganizations(q OrganizationQuery) (int64, error) // ignores Limit, Offset and OrderBy
	// CountPeople counts the members of organizations, and the invitations to them that are
	// pending and do not expire until at, by organization id. Those that do not exist are
	// left out. What it costs must not depend on how many members and invitations there are.
	CountPeople(orgIDs []string, at time.Time) (members, pending map[string]int64, err error)
	PutOrganization(o Organization) error
	DeleteOrganization(id string) error // with its memberships and invitations

	Membership(orgID, userID string) (Membership, error)
	Memberships(q MembershipQuery) ([]Membership, error)
	CountMemberships(q MembershipQuery) (int64, error) // ignores Limit, Offset and OrderBy
	PutMembership(m Membership) error                  // ErrNotFound when its user or organization does not exist
	DeleteMembership(orgID, userID string) error

	Invitation(id string) (Invitation, error)
	Invitations(q InvitationQuery) ([]Invitation, error)
	CountInvitations(q InvitationQuery) (int64, error) // ignores Limit and Offset
	PutInvitation(i Invitation) error                  // ErrNotFound when OrgID is set and names none
	DeleteInvitation(id string) error

	Grant(id string) (Grant, error)
	GrantBySecret(hash []byte) (Grant, error)
	PutGrant(g Grant) error // ErrNotFound when UserID is set and names nobody
	DeleteGrant(id string) error

	Image(id string) (Image, error)
	PutImage(i Image) error
	DeleteImage(id string) error
	// DeleteUnusedImages removes images that no user and no organization shows and whose
	// CreatedAt is before t, at most limit of them (0 is no limit). It returns how many.
	DeleteUnusedImages(t time.Time, limit int) (int64, error)

	AuditEvents(q AuditQuery) ([]AuditEvent, error) // newest first; those of one time, the last recorded first
	PutAuditEvent(e AuditEvent) error               // ErrConflict when its id is taken: what was written stays
	// DeleteAuditEvents removes events from before t, the oldest first, at most limit of
	// them (0 is no limit). It returns how many.
	DeleteAuditEvents(t time.Time, limit int) (int64, error)

	SigningKeys() ([]SigningKey, error) // newest first
	PutSigningKey(k SigningKey) error
	DeleteSigningKey(kid string) error

	Setting(name string) ([]byte, error) // instance settings and secrets, by name
	PutSetting(name string, value []byte) error

	// CountUnfinished counts what strangers can begin: sign-ins and sign-ups whose Status is not
	// "complete", grants without a UserID whose Kind is one of those given, and clients
	// without a LastActiveSessionID and without sessions.
	CountUnfinished(grants ...string) (int64, error)

	// DeleteUnfinished removes sign-ins, sign-ups and grants of those that CountUnfinished
	// counts whose ExpireAt is before ended, and the oldest by CreatedAt until at most keep of
	// each sort are left; of grants, those with the fewest Attempts go first. Then it removes clients beyond the keep newest by UpdatedAt of those
	// without a LastActiveSessionID, but none to which a session or attempt belongs. It
	// returns how many records that were.
	DeleteUnfinished(ended time.Time, keep int, grants ...string) (int64, error)

	// DeleteExpired removes attempts and grants whose ExpireAt, and sessions whose ExpireAt or
	// AbandonAt, is before t, and then clients whose UpdatedAt is before t and to which
	// no session or attempt belongs. It returns how many records that were. A zero time
	// is never before t.
	DeleteExpired(t time.Time) (int64, error)
}
