package wire

// JWK is a public RSA key of a key set (RFC 7517). N and E are base64url. Members
// of other key types are not kept: such keys are skipped, not used.
type JWK struct {
	Use    string   `json:"use,omitempty"`
	Kty    string   `json:"kty"`
	Kid    string   `json:"kid"`
	Alg    string   `json:"alg,omitempty"`
	KeyOps []string `json:"key_ops,omitempty"`
	N      string   `json:"n"`
	E      string   `json:"e"`
}

// JWKS is a key set.
type JWKS struct {
	Keys []JWK `json:"keys"`
}
