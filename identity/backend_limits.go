package identity

import (
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/httprate"
)

// Windows of the Backend API's limits (protocol reference 7.1).
const (
	invitationWindow = time.Hour
	bulkShare        = 4 // of the limit of invitations, for requests with several
)

// backendLimits are the counters of the Backend API. A nil one limits nothing.
type backendLimits struct{ requests, updates, invitations, bulk *httprate.RateLimiter }

func newBackendLimits(l Limits) backendLimits {
	bulk := l.Invitations
	if bulk > 0 {
		bulk = max(bulk/bulkShare, 1)
	}
	return backendLimits{
		requests:    newLimiter(l.Backend, limitWindow),
		updates:     newLimiter(l.Updates, limitWindow),
		invitations: newLimiter(l.Invitations, invitationWindow),
		bulk:        newLimiter(bulk, invitationWindow),
	}
}

// within puts every endpoint behind the limits that are its.
func (l backendLimits) within(rs routes) routes {
	out := routes{}
	for pattern, ms := range rs {
		out[pattern] = methods{}
		for method, next := range ms {
			if pattern != "/v1/jwks" {
				next = counted(l.requests, limitWindow, instanceKey, next)
			}
			switch {
			case pattern == "/v1/invitations" && method == http.MethodPost:
				next = counted(l.invitations, invitationWindow, instanceKey, next)
			case pattern == "/v1/invitations/bulk":
				next = counted(l.bulk, invitationWindow, instanceKey, next)
			case updates(pattern, method):
				next = counted(l.updates, limitWindow, objectKey, next)
			}
			out[pattern][method] = next
		}
	}
	return out
}

// updates reports an endpoint that changes one user, organization or membership.
func updates(pattern, method string) bool {
	return (method == http.MethodPatch || method == http.MethodPut) &&
		(strings.HasPrefix(pattern, "/v1/users/{") || strings.HasPrefix(pattern, "/v1/organizations/{"))
}

func instanceKey(*call) string { return "" }

// objectKey names what is updated: its metadata is not another object.
func objectKey(c *call) string { return strings.TrimSuffix(c.r.URL.Path, "/metadata") }

// counted puts an endpoint behind a limiter with a key of its own.
func counted(l *httprate.RateLimiter, window time.Duration, key func(*call) string, next endpoint) endpoint {
	if l == nil {
		return next
	}
	return func(c *call) (any, error) {
		if l.OnLimit(c.w, c.r, key(c)) {
			return nil, tooMany(window)
		}
		return next(c)
	}
}
