package wire

import "encoding/json"

// Token categories: the cat member of a token's header (protocol reference 3.1).
// A token without one counts as a session token.
const (
	CategorySession  = "cl_B7d4PD111AAA"
	CategoryTemplate = "cl_B7d4PD222AAA"
	CategoryM2M      = "cl_B7d4PD333AAA"
	CategoryIgnore   = "cl_I7d4PD111III"
)

// Header is the JOSE header of a session token as Usher mints it.
type Header struct {
	Alg string `json:"alg"`
	Cat string `json:"cat,omitempty"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
}

// Claims are the claims of a session token as Usher mints it, version 2 (protocol
// reference 3.2). Verification reads claims by exact name instead, because struct
// decoding in Go folds case. Times are unix seconds.
type Claims struct {
	Azp string          `json:"azp,omitempty"`
	Exp int64           `json:"exp"`
	Fea string          `json:"fea,omitempty"`
	Fva []int           `json:"fva,omitempty"`
	Iat int64           `json:"iat"`
	Iss string          `json:"iss"`
	Jti string          `json:"jti"`
	Nbf int64           `json:"nbf"`
	Org *OrgClaim       `json:"o,omitempty"`
	Act json.RawMessage `json:"act,omitempty"` // who impersonates sub: at least {"sub": …}
	Pla string          `json:"pla,omitempty"`
	Sid string          `json:"sid"`
	Sts string          `json:"sts"`
	Sub string          `json:"sub"`
	V   int             `json:"v"`

	// Custom claims of an instance that puts them into its tokens, as the embedded one
	// does: enough to greet somebody without asking the Backend API.
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	ImageURL  string `json:"image_url,omitempty"`
}

// OrgClaim is the o claim of version 2: the active organisation. Rol has no org:
// prefix; Per and Fpm together with fea encode the permissions (protocol reference 3.3).
type OrgClaim struct {
	ID  string `json:"id"`
	Slg string `json:"slg,omitempty"`
	Rol string `json:"rol,omitempty"`
	Per string `json:"per,omitempty"`
	Fpm string `json:"fpm,omitempty"`
}

// HandshakePayload is the claim set of a handshake token: Set-Cookie lines
// (protocol reference 4.6). The other claims are those of the embedded service: when the
// payload was made and ends, in unix seconds, the origin that it is for, and the value of
// [ParamHandshakeBinding], which is in every payload, "" if there was none.
type HandshakePayload struct {
	Handshake []string `json:"handshake"`
	Iat       int64    `json:"iat,omitempty"`
	Exp       int64    `json:"exp,omitempty"`
	Aud       string   `json:"aud,omitempty"`
	Bnd       *string  `json:"bnd,omitempty"`
}

// HandshakeDirectives are the Set-Cookie lines that a handshake's nonce stands for (protocol
// reference 4.6), with the claims of [HandshakePayload].
type HandshakeDirectives struct {
	Directives []string `json:"directives"`
	Aud        string   `json:"aud,omitempty"`
	Bnd        *string  `json:"bnd,omitempty"`
}
