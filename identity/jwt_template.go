package identity

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usherauth/usher/wire"
)

// settingTemplates is one document with all JWT templates.
const settingTemplates = "jwt_templates"

// jwtTemplate says what tokens of its name hold. Times are in seconds as in the protocol.
type jwtTemplate struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Claims    json.RawMessage `json:"claims"`
	Lifetime  int64           `json:"lifetime"`
	Skew      int64           `json:"allowed_clock_skew"`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// reservedClaims are those that every token of a template gets, and those that say what
// only session tokens may say: no template sets them.
var reservedClaims = []string{
	"azp", "exp", "iat", "iss", "jti", "nbf", "sub",
	"act", "fea", "fva", "o", "pla", "sid", "sts", "v",
}

// readTemplates reads all templates, oldest first.
func readTemplates(tx Tx) (all []jwtTemplate, err error) {
	raw, err := tx.Setting(settingTemplates)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("%w: the stored JWT templates are damaged: %w", errInternal, err)
	}
	return all, nil
}

func writeTemplates(tx Tx, all []jwtTemplate) error {
	raw, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("%w: encode JWT templates: %w", errInternal, err)
	}
	return tx.PutSetting(settingTemplates, raw)
}

// templateClaims are the claims that a template takes from a session, before the default
// ones are added.
func (c *call) templateClaims(tx Tx, name string, s Session, u User) (t jwtTemplate, claims map[string]any, err error) {
	all, err := readTemplates(tx)
	if err != nil {
		return t, nil, err
	}
	i := slices.IndexFunc(all, func(t jwtTemplate) bool { return t.Name == name })
	if i < 0 {
		return t, nil, notFound()
	}
	source, err := c.templateSource(tx, s, u)
	if err != nil {
		return t, nil, err
	}
	template, err := decodeObject(all[i].Claims)
	if err != nil {
		return t, nil, fmt.Errorf("%w: the claims of JWT template %s are damaged: %w", errInternal, all[i].ID, err)
	}
	return all[i], fillObject(template, source), nil
}

// mintTemplate makes a token of a template: POST /sessions/{id}/tokens/{template}. It is
// of a category of its own, which is never taken for a session. It may outlive the session:
// the template says for how long those whom it is meant for may trust it.
func (c *call) mintTemplate(t jwtTemplate, claims map[string]any, s Session, lifetime time.Duration) (any, error) {
	claims["azp"] = c.caller.azp
	claims["exp"] = c.now.Add(lifetime).Unix()
	claims["iat"] = c.now.Unix()
	claims["iss"] = c.instance.publishable.Issuer()
	claims["jti"] = rand.Text()
	claims["nbf"] = c.now.Add(-time.Duration(t.Skew) * time.Second).Unix()
	claims["sub"] = s.UserID
	if len(s.Actor) > 0 {
		claims["act"] = s.Actor
	}
	jwt, err := c.currentKeys(c.r.Context()).signing.signer.Sign(wire.CategoryTemplate, claims)
	if err != nil {
		return nil, fmt.Errorf("identity: %w: %w", errInternal, err)
	}
	return tokenJSON(jwt), nil
}

// sessionTokenTemplate mints a token of a template for the browser that has the session.
func sessionTokenTemplate(c *call) (any, error) {
	var s Session
	var t jwtTemplate
	var claims map[string]any
	err := c.view(c.r.Context(), func(tx Tx) error {
		b, live, err := c.liveSession(tx)
		if err != nil {
			return err
		}
		s = live
		t, claims, err = c.templateClaims(tx, c.r.PathValue("template"), s, b.users[s.UserID])
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.mintTemplate(t, claims, s, time.Duration(t.Lifetime)*time.Second)
}

// backendTemplateToken mints a token of a template for a server, which may say for how long.
func backendTemplateToken(c *call) (any, error) {
	var in struct {
		Seconds *int64 `json:"expires_in_seconds"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	var s Session
	var t jwtTemplate
	var claims map[string]any
	err := c.view(c.r.Context(), func(tx Tx) error {
		live, u, err := pathLiveSession(c, tx)
		if err != nil {
			return err
		}
		s = live
		t, claims, err = c.templateClaims(tx, c.r.PathValue("template"), s, u)
		return err
	})
	if err != nil {
		return nil, err
	}
	lifetime, err := secondsParam("expires_in_seconds", in.Seconds, time.Duration(t.Lifetime)*time.Second, minTemplateLifetime, maxTemplateLifetime)
	if err != nil {
		return nil, err
	}
	return c.mintTemplate(t, claims, s, lifetime)
}
