package wire

// Header names of the protocol (protocol reference 4.2, 7.1, 8.11).
const (
	HeaderAuthStatus  = "X-Clerk-Auth-Status"
	HeaderAuthReason  = "X-Clerk-Auth-Reason"
	HeaderAuthMessage = "X-Clerk-Auth-Message"
	HeaderAPIVersion  = "Clerk-Api-Version"
	HeaderTraceID     = "Clerk-Trace-Id"
	HeaderProxyURL    = "Clerk-Proxy-Url"
	HeaderSecretKey   = "Clerk-Secret-Key"
)

// APIVersion is the dated version of both APIs that Usher speaks, sent as
// Clerk-API-Version and __clerk_api_version (protocol reference 7.1).
const APIVersion = "2026-05-12"

// ProxyPath is where the Frontend API is mounted on the app's own origin.
const ProxyPath = "/__clerk"
