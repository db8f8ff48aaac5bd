package identity

import (
	"net/http"

	"github.com/usherauth/usher/wire"
)

func (s *Service) newFrontend() http.Handler {
	return s.newAPI((*call).prepareFrontend, s.frontendRoutes())
}

// frontendRoutes is the table of the Frontend API (protocol reference 8), put together from
// its parts.
func (s *Service) frontendRoutes() routes {
	return join(s.clientRoutes(), s.meRoutes(), s.organizationRoutes(), imageRoutes(), routes{
		"/.well-known/jwks.json": {"GET": keySetEndpoint},
		"/v1/environment":        {"GET": environment, "PATCH": environment},
	})
}

// creates, attempts and favours limit how often one network may begin something, try a
// secret, and ask for what costs more than an answer: mail, a picture to be redrawn, invitations, or members
// who were not asked.
func (s *Service) creates(e endpoint) endpoint  { return limited(s.limits.creations, bounded(e)) }
func (s *Service) attempts(e endpoint) endpoint { return limited(s.limits.attempts, e) }
func (s *Service) favours(e endpoint) endpoint  { return limited(s.limits.favours, bounded(e)) }

// prepareFrontend comes before every Frontend API endpoint: who may ask at all, and what
// was sent.
func (c *call) prepareFrontend() (err error) {
	c.origins.cors(c.w.Header(), c.r)
	switch c.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		if err := c.origins.check(c.r); err != nil {
			return err
		}
		if uploads[c.r.Pattern] {
			break
		}
		if c.form, err = readForm(c.w, c.r); err != nil {
			return err
		}
	}
	c.method = c.methodMeant()
	c.ref, _ = c.openCookie()
	return nil
}

// methodMeant honours _method on a POST, which is how browsers send the methods that would
// need a CORS preflight (protocol reference 8.2). Headers never override it.
func (c *call) methodMeant() string {
	if c.r.Method == http.MethodPost {
		switch m := c.query.Get(wire.ParamMethod); m {
		case http.MethodPatch, http.MethodPut, http.MethodDelete:
			return m
		}
	}
	return c.r.Method
}

// keySetEndpoint is public and may be cached for a little while by anybody. Verifiers
// that meet a new kid ask again, so a rotation is seen at once.
func keySetEndpoint(c *call) (any, error) {
	set := c.currentKeys(c.r.Context()).jwks
	c.w.Header().Set("Cache-Control", "public, max-age=60")
	c.w.Header().Set("Vary", "Origin")
	return set, nil
}
