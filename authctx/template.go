package authctx

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/reqscope"
)

// maxTemplateToken bounds a token made from a template, which no cookie has to hold.
const maxTemplateToken = 64 << 10

// templateKey tells one wanted token from another within a request.
type templateKey struct {
	owner             *Authenticator
	session, template string
	seconds           int64
}

// TemplateToken returns a token for the session of ctx that the instance makes from the
// JWT template of that name, for services that do not know session tokens. An empty
// template is a session token; lifetime is counted in whole seconds, and 0 leaves it to
// the template. With neither, the request's own token is returned as it is.
//
// A request asks the Backend API once for the same token, however many parts of the page
// want it; nothing is kept for the next request. It needs [Authenticator.Handler] and a
// SecretKey, and waits at most 3 s. The error is [ErrSignedOut] without a session,
// machines included, and matches *wire.BackendError when the service refuses: Status 404 is a
// template, or a session, that is not there.
func TemplateToken(ctx context.Context, template string, lifetime time.Duration) (string, error) {
	auth, owner := FromContext(ctx), ownerOf(ctx)
	if !auth.SignedIn() {
		return "", ErrSignedOut
	}
	seconds := int64(lifetime / time.Second)
	switch {
	case template == "" && lifetime == 0:
		return auth.Token(), nil
	case lifetime < 0 || lifetime > 0 && seconds == 0:
		return "", errors.New("authctx: template token: lifetime is less than a second")
	case template == "." || template == ".." || strings.ContainsFunc(template, isControl):
		return "", errors.New("authctx: template token: not the name of a template")
	case owner == nil:
		return "", errors.New("authctx: template token: no Authenticator.Handler in front of this request")
	case !owner.inst.refreshable:
		return "", errors.New("authctx: template token: SecretKey is needed to ask for one")
	}
	key := templateKey{owner, auth.SessionID(), template, seconds}
	tok, err := reqscope.Do(ctx, reqscope.FromContext(ctx), key, owner.templateToken(key))
	if err != nil {
		return "", fmt.Errorf("authctx: template token: %w", err)
	}
	return tok, nil
}

// templateToken asks the Backend API (protocol reference 5.3).
func (a *Authenticator) templateToken(key templateKey) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		path := "/sessions/" + url.PathEscape(key.session) + "/tokens"
		if key.template != "" {
			path += "/" + url.PathEscape(key.template)
		}
		var body struct {
			Seconds int64 `json:"expires_in_seconds,omitempty"`
		}
		body.Seconds = key.seconds
		var answer struct {
			JWT string `json:"jwt"`
		}
		if err := a.backend.post(ctx, path, body, &answer); err != nil {
			return "", err
		}
		if strings.Count(answer.JWT, ".") != 2 || len(answer.JWT) > maxTemplateToken || strings.ContainsFunc(answer.JWT, notInTokens) {
			return "", errors.New("backend API: answer holds no token")
		}
		return answer.JWT, nil
	}
}
