package handlers

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/fapi"
	"github.com/usherauth/usher/wire"
)

// texts are all that a page says about a refusal, by code, or by code and parameter where
// the parameter makes a difference. What the API wrote is never shown: it may repeat
// input. The first three are one text on purpose, so that nobody learns who has an account.
// {n} is a number that the API named, or the one in limits.
var texts = map[string]string{
	wire.CodeIdentifierNotFound:   "The email address or the password is wrong.",
	wire.CodePasswordIncorrect:    "The email address or the password is wrong.",
	wire.CodePasswordOrIdentifier: "The email address or the password is wrong.",

	wire.CodeIdentifierExists:   "There is already an account with this email address. Sign in instead, or use another address.",
	wire.CodePasswordTooShort:   "This password is too short. Use at least {n} characters; a few words make a good one.",
	wire.CodePasswordTooLong:    "This password is too long. Use at most {n} characters.",
	wire.CodePasswordPwned:      "This password is on a list of common or stolen ones. Choose another.",
	wire.CodePasswordNotStrong:  "This password is too easy to guess. Choose another.",
	wire.CodePasswordUnchanged:  "This is your current password. Choose a new one.",
	wire.CodeIncorrectPassword:  "This is not your current password.",
	wire.CodeNoPasswordSet:      "This account has no password.",
	wire.CodeUserLocked:         "There were too many wrong passwords for this account. Try again later.",
	wire.CodeUserBanned:         "This account is blocked.",
	wire.CodeTooManyRequests:    "Too many attempts.",
	wire.CodeSessionExists:      "Somebody is already signed in with this browser. Sign out first to use another account.",
	wire.CodeIdentifierSignedIn: "You are already signed in.",
	wire.CodeStrategyInvalid:    "This account can't sign in this way.",
	wire.CodeClientStateInvalid: textAttemptGone,
	wire.CodeVerificationDone:   "This has been verified already.",
	wire.CodeVerificationNeeded: "Verify this email address first.",
	wire.CodeReverification:     "Sign in again to do this. It needs a sign-in within the last few minutes.",
	wire.CodeBodyTooLarge:       errFormSize.text,
	wire.CodeRequestBodyInvalid: errFormBody.text,
	wire.CodeSignedOut:          "You are signed out. Sign in again.",
	wire.CodeOriginInvalid:      errCrossSite.text,
	wire.CodeResourceNotFound:   "This no longer exists.",
	wire.CodeParamMissing:       "Fill in this field.",
	wire.CodeParamFormatInvalid: "This value is not valid.",
	wire.CodeParamValueInvalid:  "This value is not valid.",
	wire.CodeParamUnknown:       "This instance does not take this field.",
	wire.CodeDataMissing:        "This instance needs this field.",

	wire.CodeAuthenticationInvalid: "You are signed out. Sign in again.",
	wire.CodeMethodNotAllowed:      textUnknown,
	wire.CodeNotImplemented:        "This instance does not offer this.",
	wire.CodeUnsupportedMediaType:  errFormType.text,
	wire.CodeInternal:              textUnavailable,
	wire.CodeUnavailable:           textUnavailable,
	wire.CodeInvalidHandshake:      textUnknown,

	wire.CodeAddressUnverified:   "This email address has not been verified yet. Sign in with a code that we email to it.",
	wire.CodePasswordCompromised: "This password may be known to others and can no longer be used. Request a code and choose a new password.",
	wire.CodeCodeIncorrect:       "That code isn't right. Use the code from the latest email.",
	wire.CodeVerificationExpired: "This code has expired. Request a new code.",
	wire.CodeVerificationFailed:  "There were too many wrong codes. Start again.",
	wire.CodeVerificationTooMany: "A code was sent a moment ago.",
	wire.CodePrimaryStays:        "You can't remove your primary email address. Make another address the primary one first.",
	wire.CodeLastIdentification:  "You can't remove your only email address.",
	wire.CodeTooManyUnverified:   "You have too many unverified email addresses. Verify or remove one first.",
	wire.CodeQuotaExceeded:       "You've reached the limit. Remove something first.",
	wire.CodeImageNotFound:       "There is no picture.",
	wire.CodeImageTooLarge:       "This picture is too large.",

	wire.CodeTicketInvalid:           textNoTicket,
	wire.CodeTicketExpired:           "This link has expired. Ask for a new one.",
	wire.CodeInvitationRevoked:       "This invitation has been withdrawn. Ask the person who invited you for a new one.",
	wire.CodeInvitationAccepted:      "This link has been used already. If you accepted the invitation, sign in.",
	wire.CodeInvitationNoAccount:     "There is no account with the invited email address yet. Sign up with the link from the email.",
	wire.CodeInvitationAccountExists: "There is already an account with the invited email address. Sign in with the link from the email.",
	wire.CodeSignInTokenUsed:         textTicketUsed,
	wire.CodeActorTokenUsed:          textTicketUsed,
	wire.CodeSignInTokenRevoked:      textTicketRevoked,
	wire.CodeActorTokenRevoked:       textTicketRevoked,
	wire.CodeSignInTokenNotHere:      textNoTicket,
	wire.CodeActorTokenNotHere:       textNoTicket,

	wire.CodeAuthorizationInvalid: "You are not allowed to do that.",
	wire.CodeOrganizationNotFound: "This organization no longer exists, or you are not a member of it.",
	wire.CodeMissingPermission:    "Your role in this organization does not allow that.",
	wire.CodeImpersonated:         "You are signed in as somebody else. Only they can do this.",
	wire.CodeOrganizationLimit:    "You've reached your limit of organizations.",
	wire.CodeMembershipQuota:      "This organization is full. Pending invitations count, too: withdraw some to make room.",
	wire.CodeLastAdmin:            "Somebody has to manage the organization. Give another member that role first.",
	wire.CodeAlreadyMember:        "This person is already a member.",
	wire.CodeNotMember:            "This person is not a member of the organization.",
	wire.CodeDuplicateRecord:      "There is already a pending invitation for this email address.",
	wire.CodeBulkSizeExceeded:     "These are too many invitations at once. Send fewer.",
	wire.CodeAdminDeleteDisabled:  "Members can't delete this organization.",
	wire.CodeDomainsDisabled:      "This instance does not offer domains of organizations.",
	wire.CodeInvitationNotFound:   textNoInvitation,
	wire.CodeInvitationNotPending: textNoInvitation,

	wire.CodePasswordIncorrect + " current_password":    textNotCurrent,
	wire.CodePasswordOrIdentifier + " current_password": textNotCurrent,
	wire.CodeParamMissing + " identifier":               "Enter your email address.",
	wire.CodeParamMissing + " email_address":            "Enter your email address.",
	wire.CodeParamMissing + " password":                 "Enter a password.",
	wire.CodeParamMissing + " code":                     "Enter the code from the email.",
	wire.CodeParamMissing + " current_password":         "Enter your current password.",
	wire.CodeParamMissing + " new_password":             "Enter a new password.",
	wire.CodeParamMissing + " name":                     "Enter a name.",
	wire.CodeParamMissing + " role":                     "Choose a role.",
	wire.CodeParamFormatInvalid + " name":               textName,
	wire.CodeParamFormatInvalid + " first_name":         textName,
	wire.CodeParamFormatInvalid + " last_name":          textName,
	wire.CodeParamFormatInvalid + " identifier":         "This is not an email address.",
	wire.CodeParamFormatInvalid + " email_address":      "This is not an email address. It looks like ada@example.com.",
	wire.CodeParamFormatInvalid + " code":               "The code has 6 digits.",
	wire.CodeParamFormatInvalid + " password":           textPasswordCharacters,
	wire.CodeParamFormatInvalid + " new_password":       textPasswordCharacters,
	wire.CodeParamValueInvalid + " name":                "Names cannot contain links or HTML.",
	wire.CodeParamValueInvalid + " email_address":       "This invitation is for another email address.",
	wire.CodeResourceNotFound + " role":                 "This role no longer exists. Choose another one.",
}

// limits are the numbers of texts where the API names none (protocol reference 8.9).
var limits = map[string]string{wire.CodePasswordTooShort: "8", wire.CodePasswordTooLong: "256"}

// reasons tell apart what is one code for several rules. The embedded service says which one
// in these words, with {n} for a number; an instance with other words gets the text of the
// code.
var reasons = map[string]string{
	"The name must have at most {n} characters.":                                           "Names can have at most {n} characters.",
	"The name contains control characters.":                                                "Names must be on one line, without control characters.",
	"The name must have a character that can be seen.":                                     "This name has no visible characters. Enter a name, or leave the field empty.",
	"The password must not be your e-mail address.":                                        "The password must not be your email address.",
	"Nobody can be in more than {n} organizations.":                                        "You can be in at most {n} organizations. Leave one first.",
	"At most {n} invitations can wait for an answer. Revoke some first.":                   "At most {n} invitations can wait for an answer. Withdraw some first.",
	"You are not allowed to create organizations.":                                         "You are not allowed to create organizations.",
	"This invitation is for another email address.":                                        "This invitation is for another email address.",
	"There are too many addresses. Remove one first.":                                      "You have too many email addresses. Remove one first.",
	"This sign-in is already complete.":                                                    "This sign-in is already complete.",
	"This sign-up is already complete.":                                                    "This sign-up is already complete.",
	"You cannot delete this account yourself.":                                             "You can't delete this account yourself.",
	"No such code was sent. Please ask for one first.":                                     "No code was sent. Request a new code.",
	"No verification of this session was begun.":                                           textAttemptGone,
	"This sign-in needs another step first.":                                               textAttemptGone,
	"This way to sign in is not available.":                                                "This instance does not offer this way to sign in.",
	"This session is not signed in here.":                                                  "You are signed out. Sign in again.",
	"There are already pending invitations for some of these addresses.":                   "There is already a pending invitation for this email address.",
	"Without a password there would be no way to sign in: verify an e-mail address first.": "Without a password you couldn't sign in. Verify an email address first.",
	"This service cannot send mail, so there are no codes. Please use another way.":        "This instance can't send email, so it has no codes. Sign in another way.",
}

const (
	textNotCurrent         = "This is not your current password."
	textName               = "Names must be on one line of at most 256 characters, at least one of them visible."
	textPasswordCharacters = "This password has a character that can't be typed reliably everywhere, such as an emoji that is too new or a control character. Use letters, digits, spaces, and punctuation."
	textNoInvitation       = "This invitation is no longer open."
	textNoTicket           = "This link isn't complete, or it never worked. Copy the whole link from the email, or ask for a new one."
	textTicketUsed         = "This link has been used already. Each link works once. Ask for a new one."
	textTicketRevoked      = "This link has been withdrawn. Ask for a new one."
	textAttemptGone        = "This is no longer open. Start again."
	textMoreSteps          = "This account needs one more step, which this form does not offer."
	textCookies            = "Your browser did not keep the cookie that came with this form, so you cannot stay signed in. Allow cookies for this site, then send the form again."
	textNoCodes            = "We can't email a code to this address. Check it for mistakes."
	textUnknown            = "That did not work. Please try again."
	textUnavailable        = "The sign-in service cannot be reached right now. Nothing was changed; try again in a moment."
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
		out.text += fmt.Sprintf(" Try again in %d seconds.", (out.retryAfter+time.Second-1)/time.Second)
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
	text, specific := textOf(entry, param)
	for _, name := range fields {
		if name == param && (specific || text != texts[wire.CodePasswordIncorrect]) {
			f.fields[name] = text
			return
		}
	}
	f.text = text
}

// textOf is what a page says about an entry. specific says that it is about the parameter.
func textOf(entry wire.Error, param string) (text string, specific bool) {
	number := numbers.FindString(entry.Message)
	if text, specific = reasons[numbers.ReplaceAllLiteralString(entry.Message, "{n}")]; !specific {
		if text, specific = texts[entry.Code+" "+param]; !specific {
			text = texts[entry.Code]
		}
	}
	return strings.ReplaceAll(cmp.Or(text, textUnknown), "{n}", cmp.Or(number, limits[entry.Code])), specific
}

var numbers = regexp.MustCompile(`\b[0-9]{1,9}\b`)

// formStatus keeps the statuses that say something to a client, and makes all others one
// (RFC 9110 §15.5.21).
func formStatus(status int) int {
	switch status {
	case http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return status
	}
	return http.StatusUnprocessableEntity
}
