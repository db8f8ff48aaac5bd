package wire

// Error is one entry of the error envelope (protocol reference 7.1, 8.3).
type Error struct {
	Code        string     `json:"code"`
	Message     string     `json:"message"`
	LongMessage string     `json:"long_message"`
	Meta        *ErrorMeta `json:"meta,omitempty"`
}

// ErrorMeta says what an [Error] is about.
type ErrorMeta struct {
	ParamName      string   `json:"param_name,omitempty"`
	SessionID      string   `json:"session_id,omitempty"`
	Permissions    []string `json:"permissions,omitempty"`     // what is missing
	EmailAddresses []string `json:"email_addresses,omitempty"` // that were invited before
}

// Errors is the error envelope of both APIs.
type Errors struct {
	Errors  []Error     `json:"errors"`
	Meta    *ErrorsMeta `json:"meta,omitempty"`
	TraceID string      `json:"clerk_trace_id,omitempty"`
}

// ErrorsMeta piggybacks the client on a Frontend API error (protocol reference 8.3).
type ErrorsMeta struct {
	Client *Client `json:"client,omitempty"`
}

// Error codes (protocol reference 8.10). HTTP status in the comment.
const (
	CodeSessionExists         = "session_exists"                        // 400
	CodeIdentifierSignedIn    = "identifier_already_signed_in"          // 400
	CodeClientStateInvalid    = "client_state_invalid"                  // 400
	CodeStrategyInvalid       = "strategy_for_user_invalid"             // 400
	CodeVerificationExpired   = "verification_expired"                  // 400
	CodeVerificationFailed    = "verification_failed"                   // 400
	CodeVerificationDone      = "verification_already_verified"         // 400
	CodePrimaryStays          = "identification_deletion_failed"        // 400
	CodeTooManyUnverified     = "too_many_unverified_identifications"   // 400
	CodeInvalidHandshake      = "invalid_handshake"                     // 400
	CodeOriginInvalid         = "origin_invalid"                        // 400
	CodeRequestBodyInvalid    = "request_body_invalid"                  // 400
	CodeAPIVersionInvalid     = "api_version_invalid"                   // 400
	CodeAuthenticationInvalid = "authentication_invalid"                // 401
	CodeSignedOut             = "signed_out"                            // 401
	CodeAuthHeaderInvalid     = "authorization_header_format_invalid"   // 401
	CodeSecretKeyInvalid      = "clerk_key_invalid"                     // 401
	CodeAuthorizationInvalid  = "authorization_invalid"                 // 403
	CodeUserLocked            = "user_locked"                           // 403
	CodeUserBanned            = "user_banned"                           // 403
	CodeReverification        = "session_reverification_required"       // 403
	CodeResourceNotFound      = "resource_not_found"                    // 404
	CodeImageNotFound         = "image_not_found"                       // 404
	CodeMethodNotAllowed      = "method_not_allowed"                    // 405
	CodeBodyTooLarge          = "request_body_too_large"                // 413
	CodeImageTooLarge         = "image_too_large"                       // 413
	CodeUnsupportedMediaType  = "unsupported_media_type"                // 415
	CodeIdentifierNotFound    = "form_identifier_not_found"             // 422
	CodeIdentifierExists      = "form_identifier_exists"                // 422
	CodePasswordIncorrect     = "form_password_incorrect"               // 422
	CodePasswordOrIdentifier  = "form_password_or_identifier_incorrect" // 422
	CodeCodeIncorrect         = "form_code_incorrect"                   // 422
	CodeVerificationNeeded    = "form_verification_needed"              // 422
	CodePasswordUnchanged     = "form_new_password_matches_current"     // 422
	CodeParamMissing          = "form_param_missing"                    // 422
	CodeParamFormatInvalid    = "form_param_format_invalid"             // 422
	CodeParamUnknown          = "form_param_unknown"                    // 422
	CodePasswordTooShort      = "form_password_length_too_short"        // 422
	CodePasswordTooLong       = "form_password_length_too_long"         // 422
	CodePasswordPwned         = "form_password_pwned"                   // 422
	CodePasswordNotStrong     = "form_password_not_strong_enough"       // 422
	CodeTooManyRequests       = "too_many_requests"                     // 429
	CodeVerificationTooMany   = "verification_code_too_many_requests"   // 429
	CodeInternal              = "internal_clerk_error"                  // 500
	CodeNotImplemented        = "not_implemented"                       // 501
	CodeUnavailable           = "service_unavailable"                   // 503
)

// Error codes of the Backend API, and of what it hands out (protocol reference 8.10).
const (
	CodeNoPasswordSet       = "no_password_set"                              // 400
	CodeReservedClaim       = "jwt_template_reserved_claim"                  // 400
	CodeLastIdentification  = "last_required_identification_deletion_failed" // 400
	CodeCookieInvalid       = "cookie_invalid"                               // 400
	CodeTicketInvalid       = "ticket_invalid_code"                          // 400
	CodeTicketExpired       = "ticket_expired_code"                          // 400
	CodeImpersonated        = "impersonated_session_forbidden"               // 403
	CodeQuotaExceeded       = "quota_exceeded"                               // 403
	CodeDataMissing         = "form_data_missing"                            // 422
	CodeAddressUnverified   = "form_identifier_unverified"                   // 422; Usher's own
	CodePasswordCompromised = "form_password_compromised"                    // 422
	CodeIncorrectPassword   = "incorrect_password"                           // 422
)
