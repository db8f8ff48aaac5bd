package identity

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

const day = 24 * time.Hour

// invitationTerms are what the Backend API takes of every invitation, to sign up and into an
// organization.
type invitationTerms struct {
	Address     string          `json:"email_address"`
	RedirectURL textParam       `json:"redirect_url"`
	Days        *int64          `json:"expires_in_days"`
	Public      json.RawMessage `json:"public_metadata"`
	Notify      *bool           `json:"notify"`
}

// invitation checks the terms and makes the invitation of them, without an id.
func (t invitationTerms) invitation(c *call) (i Invitation, err error) {
	normal, err1 := addressParam(t.Address)
	page, err2 := c.invitationRedirect(t.RedirectURL.value)
	var err3 error
	days := int64(invitationLifetime / day)
	if t.Days != nil {
		days = *t.Days
	}
	if days < 1 || days > maxInvitationDays {
		err3 = invalid("expires_in_days", wire.CodeParamFormatInvalid, "expires_in_days must be a number from 1 to 365.")
	}
	bag, err4 := replaced("public_metadata", nil, t.Public)
	return Invitation{
		Address: strings.Trim(t.Address, " "), Normalized: normal, Status: wire.InvitationPending, RedirectURL: page, PublicMetadata: bag,
		ExpireAt: c.now.Add(time.Duration(days) * day), CreatedAt: c.now, UpdatedAt: c.now,
	}, joinFields(err1, err2, err3, err4)
}

// mailed reports whether the invited address is to be written to.
func (t invitationTerms) mailed() bool { return t.Notify == nil || *t.Notify }
