package wire

// TicketInfo is what the embedded service says of a ticket to the page that asks its holder
// whether to use it: GET /v1/tickets. It is no part of the protocol; a hosted instance answers
// 404, and its pages ask less.
type TicketInfo struct {
	Object           string `json:"object"` // "ticket"
	Kind             string `json:"kind"`   // sign_in_token, actor_token, invitation, organization_invitation
	EmailAddress     string `json:"email_address,omitempty"`
	OrganizationName string `json:"organization_name,omitempty"`
	InviterName      string `json:"inviter_name,omitempty"`
	Account          string `json:"account"`             // a TicketAccount…
	HasPassword      bool   `json:"has_password"`        // of an account that is not verified
	SignedIn         string `json:"signed_in,omitempty"` // a TicketHolder…; "" is nobody
}

// What [TicketInfo] says of the account that a ticket is for, and of who is signed in.
const (
	TicketAccountNone       = "none"       // the ticket signs up
	TicketAccountUnverified = "unverified" // nobody has proven the address: the ticket claims the account
	TicketAccountVerified   = "verified"   // the ticket signs in

	TicketHolderSelf  = "self"  // the ticket is for the person who is signed in
	TicketHolderOther = "other" // it is for another
)

// Kinds of tickets.
const (
	TicketSignIn       = "sign_in_token"
	TicketActor        = "actor_token"
	TicketInvitation   = "invitation"
	TicketOrganization = "organization_invitation"
)

// Error codes of tickets (protocol reference 19.4), besides [CodeTicketInvalid] and
// [CodeTicketExpired]. HTTP status 400.
const (
	CodeInvitationRevoked       = "revoked_invitation"
	CodeInvitationAccepted      = "invitation_already_accepted"
	CodeInvitationNoAccount     = "invitation_account_not_exists" // at sign-in
	CodeInvitationAccountExists = "invitation_account_exists"     // at sign-up
	CodeSignInTokenUsed         = "sign_in_token_already_used_code"
	CodeSignInTokenRevoked      = "sign_in_token_revoked_code"
	CodeSignInTokenNotHere      = "sign_in_token_not_in_sign_in_code" // at sign-up
	CodeActorTokenUsed          = "actor_token_already_used_code"
	CodeActorTokenRevoked       = "actor_token_revoked_code"
	CodeActorTokenNotHere       = "actor_token_not_in_sign_in_code" // at sign-up
)
