package store

import "time"

// Period is a span of time with both ends left out, in milliseconds as times are kept.
// A zero end is open. What never happened is in no period that has an end.
type Period struct{ After, Before time.Time }

// Contains reports whether t is within the period.
func (p Period) Contains(t time.Time) bool {
	if t.IsZero() {
		return p.After.IsZero() && p.Before.IsZero()
	}
	return (p.After.IsZero() || t.After(p.After)) && (p.Before.IsZero() || t.Before(p.Before))
}

// UserQuery selects users. The zero value selects everybody, newest first. Set fields
// are combined with AND, the values of one with OR.
type UserQuery struct {
	IDs    []string
	NotIDs []string
	Emails []string // normalized
	// ExternalIDs and Usernames are compared exactly; "" among them is nobody's.
	ExternalIDs, Usernames []string
	OrgIDs, NotOrgIDs      []string // members of any, and those who are members of none
	Search                 string   // part of an id, a user name, first and last name with a blank between them, or an address, without case
	// EmailPart is looked for in the addresses, NamePart in first and last name with a
	// blank between them, UsernamePart in the user name, all without case.
	EmailPart, NamePart, UsernamePart string
	Banned                            *bool // nil: both
	// Created, LastActive and LastSignIn are when that happened last.
	Created, LastActive, LastSignIn Period
	// After is the id of the user after whom the list begins, whether or not that user
	// is selected. It needs an order by created_at; another is an error, and
	// ErrNotFound that the user does not exist.
	After string
	// OrderBy is created_at, updated_at, last_sign_in_at, last_active_at, email_address,
	// first_name, last_name or username, after + or -; "" is -created_at. Ties by id.
	OrderBy string
	Limit   int // 0 is no limit
	Offset  int
}

// SessionQuery selects sessions, newest first. The zero value selects all.
type SessionQuery struct {
	UserID   string
	ClientID string
	Status   string
	// At is when Status counts: what is stored as active or pending is "expired" from
	// ExpireAt on, and else "abandoned" from AbandonAt on. At its zero value the status is
	// the stored one.
	At time.Time
	// Live leaves out the sessions that have ended: what is left is active or pending, at
	// At if that is set.
	Live   bool
	Limit  int // 0 is no limit
	Offset int
}

// OrganizationQuery selects organizations. The zero value selects all, newest first.
type OrganizationQuery struct {
	IDs     []string
	UserIDs []string // with one of them as a member
	Search  string   // part of an id, name or slug, without case
	OrderBy string   // created_at, name (without case) or members_count, after + or -; "" is -created_at. Ties by id.
	Limit   int      // 0 is no limit
	Offset  int
}

// MembershipQuery selects memberships. The zero value selects all, newest first.
type MembershipQuery struct {
	OrgID   string
	UserID  string
	OrgIDs  []string // any of them
	UserIDs []string // any of them
	Roles   []string // any of them
	Search  string   // part of the member's id, name or address, as in UserQuery
	OrderBy string   // created_at or the member's email_address, after + or -; "" is -created_at. Ties by id.
	Limit   int      // 0 is no limit
	Offset  int
}

// InvitationQuery selects invitations, newest first. The zero value selects all.
type InvitationQuery struct {
	OrgID    *string  // nil: of any organization and of none; "" is of none
	Emails   []string // normalized, any of them
	Statuses []string // any of them; as stored: what ran out is still "pending"
	Limit    int      // 0 is no limit
	Offset   int
}

// AuditQuery selects audit events, newest first and, of those with the same time in
// milliseconds, the last recorded first. The zero value selects all.
type AuditQuery struct {
	UserID string
	OrgID  string
	Types  []string
	Since  time.Time // zero: from the beginning
	Until  time.Time // not included; zero: to the end
	Limit  int       // 0 is no limit
	Offset int
}
