package identity

import "crypto/rand"

// Prefixes of object ids (protocol reference 1.2). user_ and org_ are load-bearing.
const (
	prefixInstance   = "ins_"
	prefixUser       = "user_"
	prefixEmail      = "idn_"
	prefixClient     = "client_"
	prefixSession    = "sess_"
	prefixSignIn     = "sia_"
	prefixSignUp     = "sua_"
	prefixAuditEvent = "aud_"
	prefixImage      = "img_"

	prefixOrganization       = "org_"
	prefixMembership         = "orgmem_"
	prefixInvitation         = "orginv_"
	prefixSignUpInvitation   = "inv_"
	prefixOrganizationTicket = "orgtkt_"
	prefixRole               = "role_"
	prefixPermission         = "perm_"
)

// Prefixes of what the Backend API makes.
const (
	prefixSignInToken = "sit_"
	prefixActorToken  = "act_"
	prefixTemplate    = "jtmp_"
)

// newID returns an id with 130 random bits.
func newID(prefix string) string { return prefix + rand.Text() }

// lowerText returns n random characters of a-z and 2-7.
func lowerText(n int) string {
	b := make([]byte, 0, n)
	for len(b) < n {
		b = append(b, rand.Text()...)
	}
	b = b[:n]
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + ('a' - 'A')
		}
	}
	return string(b)
}
