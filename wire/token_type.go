package wire

// TokenType is a kind of token that can prove who sends a request (protocol reference 5.5).
type TokenType string

// The kinds of tokens. TokenAny stands for all of them where kinds are accepted.
const (
	TokenSession TokenType = "session_token" // a user's session, in a cookie or the header
	TokenAPIKey  TokenType = "api_key"       // a user's or an organisation's key, "ak_…"
	TokenM2M     TokenType = "m2m_token"     // one machine talking to another, "mt_…" or a JWT
	TokenOAuth   TokenType = "oauth_token"   // an OAuth access token, "oat_…" or a JWT
	TokenAny     TokenType = "any"
)

// Level says which factors a reverification needs (protocol reference 5.2).
type Level string

// The levels. Where no second factor is enrolled, the first one counts for all of them.
const (
	LevelFirstFactor  Level = "first_factor"
	LevelSecondFactor Level = "second_factor"
	LevelMultiFactor  Level = "multi_factor" // both
)
