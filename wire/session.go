package wire

import "encoding/json"

// Session statuses (protocol reference 5.4).
const (
	SessionActive    = "active"
	SessionPending   = "pending"
	SessionEnded     = "ended"
	SessionExpired   = "expired"
	SessionAbandoned = "abandoned"
	SessionRemoved   = "removed"
	SessionReplaced  = "replaced"
	SessionRevoked   = "revoked"
)

// Session is a session. The Backend API sends ClientID and UserID; the Frontend API
// sends User, PublicUserData, LastActiveToken and FactorVerificationAge instead
// (protocol reference 7.4, 8.5).
type Session struct {
	Object                   string           `json:"object"` // "session"
	ID                       string           `json:"id"`
	ClientID                 string           `json:"client_id,omitempty"`
	UserID                   string           `json:"user_id,omitempty"`
	Status                   string           `json:"status"`
	ExpireAt                 int64            `json:"expire_at"`
	AbandonAt                int64            `json:"abandon_at"`
	LastActiveAt             int64            `json:"last_active_at"`
	LastActiveOrganizationID NullString       `json:"last_active_organization_id"`
	LastActiveToken          *Token           `json:"last_active_token,omitempty"`
	LatestActivity           *SessionActivity `json:"latest_activity,omitempty"`
	Actor                    json.RawMessage  `json:"actor"` // the impersonator's claims, as in act
	Tasks                    []struct{}       `json:"tasks"` // what a pending session waits for
	User                     *User            `json:"user,omitempty"`
	PublicUserData           *PublicUserData  `json:"public_user_data,omitempty"`
	FactorVerificationAge    []int            `json:"factor_verification_age,omitempty"`
	CreatedAt                int64            `json:"created_at"`
	UpdatedAt                int64            `json:"updated_at"`
}

// SessionActivity says where a session was last used.
type SessionActivity struct {
	Object         string `json:"object"` // "session_activity"
	ID             string `json:"id"`
	DeviceType     string `json:"device_type"`
	IsMobile       bool   `json:"is_mobile"`
	BrowserName    string `json:"browser_name"`
	BrowserVersion string `json:"browser_version"`
	IPAddress      string `json:"ip_address"`
	City           string `json:"city"`
	Country        string `json:"country"`
}

// Actor is the impersonator of a session (claim act).
type Actor struct {
	Sub  string `json:"sub"`
	Iss  string `json:"iss,omitempty"`
	Sid  string `json:"sid,omitempty"`
	Type string `json:"type,omitempty"`
}

// Token answers a token request, unwrapped (protocol reference 8.3).
type Token struct {
	Object string `json:"object"` // "token"
	JWT    string `json:"jwt"`
}

// Client is one browser as the Frontend API sends it; [BackendClient] is the other form.
type Client struct {
	Object                     string     `json:"object"` // "client"
	ID                         string     `json:"id"`
	Sessions                   []Session  `json:"sessions"`
	SignIn                     *SignIn    `json:"sign_in"`
	SignUp                     *SignUp    `json:"sign_up"`
	LastActiveSessionID        NullString `json:"last_active_session_id"`
	LastAuthenticationStrategy NullString `json:"last_authentication_strategy"`
	CookieExpiresAt            *int64     `json:"cookie_expires_at"`
	CaptchaBypass              bool       `json:"captcha_bypass"`
	CreatedAt                  int64      `json:"created_at"`
	UpdatedAt                  int64      `json:"updated_at"`
}

// Cookies answers a refresh: Set-Cookie lines for the app to pass on (protocol reference
// 4.7).
type Cookies struct {
	Object  string   `json:"object"` // "cookies"
	Cookies []string `json:"cookies"`
}

// Response wraps every Frontend API success but tokens and the environment
// (protocol reference 8.3). T is the resource.
type Response[T any] struct {
	Response T       `json:"response"`
	Client   *Client `json:"client"`
}

// SessionVerification is a reverification: proving again who one is, in a session that goes
// on (protocol reference 8.6).
type SessionVerification struct {
	Object                   string        `json:"object"` // "session_reverification"
	ID                       string        `json:"id"`
	Status                   string        `json:"status"`
	Level                    string        `json:"level"` // first_factor, second_factor, multi_factor
	Session                  *Session      `json:"session"`
	SupportedFirstFactors    []Factor      `json:"supported_first_factors"`
	SupportedSecondFactors   []Factor      `json:"supported_second_factors"`
	FirstFactorVerification  *Verification `json:"first_factor_verification"`
	SecondFactorVerification *Verification `json:"second_factor_verification"`
}
