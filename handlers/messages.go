package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/wire"
)

// texts are all that a page says about a refusal, by code, or by code and parameter where
// the parameter makes a difference. What the API wrote is never shown: it may repeat
// input. The first three are one text on purpose, so that nobody learns who has an account.
var texts = map[string]string{
	wire.CodeIdentifierNotFound:   "The e-mail address or the password is wrong.",
	wire.CodePasswordIncorrect:    "The e-mail address or the password is wrong.",
	wire.CodePasswordOrIdentifier: "The e-mail address or the password is wrong.",

	wire.CodeIdentifierExists:   "There is already an account with this e-mail address. Sign in instead, or use another one.",
	wire.CodePasswordTooShort:   "This password is too short. Use at least 8 characters; a few words make a good one.",
	wire.CodePasswordTooLong:    "This password is too long. Use at most 256 characters.",
	wire.CodePasswordPwned:      "This password is on a list of common or stolen ones. Choose another.",
	wire.CodePasswordNotStrong:  "This password is too easy to guess. Choose another.",
	wire.CodeUserLocked:         "There were too many wrong passwords for this account. Try again later.",
	wire.CodeUserBanned:         "This account is blocked.",
	wire.CodeTooManyRequests:    "That was too often.",
	wire.CodeSessionExists:      "Somebody is already signed in with this browser. Sign out first to use another account.",
	wire.CodeIdentifierSignedIn: "You are already signed in.",
	wire.CodeStrategyInvalid:    "This account does not sign in with a password.",
	wire.CodeBodyTooLarge:       errFormSize.text,
	wire.CodeSignedOut:          "You are signed out. Sign in again.",
	wire.CodeResourceNotFound:   "This is no longer there.",
	wire.CodeParamMissing:       "Fill this in.",
	wire.CodeParamFormatInvalid: "This cannot be used. Check it for mistakes.",

	wire.CodePasswordCompromised: "This password may be known to others and opens nothing any more. Choose a new one with a code by mail.",
	wire.CodeCodeIncorrect:       "This is not the code. Look for the newest mail.",
	wire.CodeVerificationExpired: "This code has expired. Have another one sent.",
	wire.CodeVerificationFailed:  "There were too many wrong codes. Start again.",
	wire.CodeVerificationTooMany: "A code was sent a moment ago.",

	wire.CodeTicketInvalid:          textTicket,
	wire.CodeTicketExpired:          textTicket,
	"revoked_invitation":            textTicket,
	"invitation_already_accepted":   textTicket,
	"invitation_account_not_exists": "No account is known to have the invited address. Sign up with the link from the mail, or ask for another invitation.",

	wire.CodeAuthorizationInvalid: "You are not allowed to do that.",
	wire.CodeOrganizationNotFound: "This organization is no longer there, or you are not in it.",
	wire.CodeMissingPermission:    "Your role in this organization does not allow that.",
	wire.CodeOrganizationLimit:    "You have as many organizations of your own as you may have.",
	wire.CodeMembershipQuota:      "This organization is full. Pending invitations count, too: withdraw some to make room.",
	wire.CodeLastAdmin:            "Somebody has to manage the organization. Give another member that role first.",
	wire.CodeAlreadyMember:        "This person is a member already.",
	wire.CodeDuplicateRecord:      "There is a pending invitation to this address already.",
	wire.CodeInvitationNotFound:   textNoInvitation,
	wire.CodeInvitationNotPending: textNoInvitation,

	wire.CodePasswordIncorrect + " current_password":    textNotCurrent,
	wire.CodePasswordOrIdentifier + " current_password": textNotCurrent,
	wire.CodeParamMissing + " identifier":               "Enter your e-mail address.",
	wire.CodeParamMissing + " email_address":            "Enter your e-mail address.",
	wire.CodeParamMissing + " password":                 "Enter a password.",
	wire.CodeParamMissing + " code":                     "Enter the code from the mail.",
	wire.CodeParamMissing + " current_password":         "Enter your current password.",
	wire.CodeParamMissing + " new_password":             "Enter a new password.",
	wire.CodeParamMissing + " name":                     "Enter a name.",
	wire.CodeParamFormatInvalid + " name":               "A name is one line of at most 256 characters.",
	wire.CodeParamValueInvalid + " name":                "A name holds no web address and no HTML.",
	wire.CodeParamFormatInvalid + " identifier":         "This is not an e-mail address.",
	wire.CodeParamFormatInvalid + " email_address":      "This is not an e-mail address. It looks like ada@example.com.",
	wire.CodeResourceNotFound + " role":                 "There is no such role any more. Choose another one.",
	wire.CodeParamMissing + " role":                     "Choose a role.",
	wire.CodeParamFormatInvalid + " first_name":         "A name is one line of at most 256 characters.",
	wire.CodeParamFormatInvalid + " last_name":          "A name is one line of at most 256 characters.",
}

const (
	textNotCurrent   = "This is not your current password."
	textNoInvitation = "This invitation is no longer open."
	textTicket       = "This link has been used, withdrawn, or has expired. Sign in, or ask for another one."
	textAttemptGone  = "This is no longer open. Please begin again."
	textMoreSteps    = "This account asks for one more step, which this form does not offer."
	textNoCodes      = "No code can be sent to this address. Check it for mistakes."
	textUnknown      = "That did not work. Please try again."
	textUnavailable  = "The sign-in service cannot be reached right now. Nothing was changed; try again in a moment."
)

// refusal is an error made ready for a form: its status, the text above the form, and
// texts beside fields.
type refusal struct {
	status     int
	text       string
	fields     map[string]string
	retryAfter time.Duration
	setCookies []string
}

// explain maps err to what a form with these fields shows.
func explain(err error, fields ...string) refusal {
	var refused *fapi.Error
	if !errors.As(err, &refused) || refused.Status >= http.StatusInternalServerError {
		out := refusal{status: http.StatusServiceUnavailable, text: textUnavailable}
		if refused != nil {
			out.retryAfter = refused.RetryAfter
		}
		return out
	}
	out := refusal{
		status: formStatus(refused.Status), fields: map[string]string{},
		retryAfter: refused.RetryAfter, setCookies: refused.SetCookies,
	}
	for _, entry := range refused.Errors {
		out.add(entry, fields)
	}
	if out.text == "" && len(out.fields) == 0 {
		out.text = textUnknown
	}
	if out.status == http.StatusTooManyRequests && out.retryAfter > 0 {
		out.text += fmt.Sprintf(" Wait %d seconds and try again.", (out.retryAfter+time.Second-1)/time.Second)
	}
	return out
}

// add puts an entry beside its field, or above the form when the form has no such field
// or must not say which one is wrong.
func (f *refusal) add(entry wire.Error, fields []string) {
	param := ""
	if entry.Meta != nil {
		param = entry.Meta.ParamName
	}
	text, specific := texts[entry.Code+" "+param]
	if !specific {
		text = texts[entry.Code]
	}
	if text == "" {
		text = textUnknown
	}
	for _, name := range fields {
		if name == param && (specific || text != texts[wire.CodePasswordIncorrect]) {
			f.fields[name] = text
			return
		}
	}
	f.text = text
}

// formStatus keeps the statuses that say something to a client, and makes all others one
// (RFC 9110 §15.5.21).
func formStatus(status int) int {
	switch status {
	case http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return status
	}
	return http.StatusUnprocessableEntity
}
