package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/usherauth/usher/wire"
)

// Bounds and defaults of JWT templates (protocol reference 7.3).
const (
	minTemplateLifetime = 30 * time.Second
	maxTemplateLifetime = 3650 * 24 * time.Hour
	maxTemplateSkew     = 300 * time.Second
	templateLifetime    = 60 * time.Second
	templateSkew        = 5 * time.Second
	maxTemplates        = 100
)

var templateNames = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// templateParams are the parameters of a template. All tokens are signed with the
// instance's key: others would verify them with another.
type templateParams struct {
	Name       *string         `json:"name"`
	Claims     json.RawMessage `json:"claims"`
	Lifetime   *int64          `json:"lifetime"`
	Skew       *int64          `json:"allowed_clock_skew"`
	CustomKey  *bool           `json:"custom_signing_key"`
	Algorithm  *string         `json:"signing_algorithm"`
	SigningKey *string         `json:"signing_key"`
}

// apply checks the parameters and writes those that were given into t.
func (in templateParams) apply(t *jwtTemplate) error {
	if orFalse(in.CustomKey) || in.SigningKey != nil && *in.SigningKey != "" {
		return notOffered("custom_signing_key", "signing keys of templates")
	}
	if in.Algorithm != nil && *in.Algorithm != "" && *in.Algorithm != "RS256" {
		return notOffered("signing_algorithm", "signing algorithms besides RS256")
	}
	if in.Name != nil {
		t.Name = *in.Name
	}
	if !templateNames.MatchString(t.Name) {
		if t.Name == "" {
			return missingParam("name")
		}
		return invalid("name", wire.CodeParamFormatInvalid, "name must have 1 to 128 letters, digits, _ and -.")
	}
	lifetime, err1 := secondsParam("lifetime", in.Lifetime, time.Duration(t.Lifetime)*time.Second, minTemplateLifetime, maxTemplateLifetime)
	skew, err2 := secondsParam("allowed_clock_skew", in.Skew, time.Duration(t.Skew)*time.Second, 0, maxTemplateSkew)
	t.Lifetime, t.Skew = int64(lifetime/time.Second), int64(skew/time.Second)
	return joinFields(err1, err2, in.applyClaims(t))
}

func (in templateParams) applyClaims(t *jwtTemplate) error {
	if len(in.Claims) == 0 || string(in.Claims) == "null" {
		if len(t.Claims) == 0 {
			return missingParam("claims")
		}
		return nil
	}
	claims, err := checkMetadata("claims", string(in.Claims))
	if err != nil {
		return err
	}
	object, err := decodeObject(claims)
	if err != nil {
		return invalid("claims", wire.CodeParamFormatInvalid, "claims must be a JSON object.")
	}
	for _, name := range reservedClaims {
		if _, ok := object[name]; ok {
			e := refuse(http.StatusBadRequest, wire.CodeReservedClaim, "You can't use the reserved claim: '"+name+"'.")
			e.errs[0].Meta = &wire.ErrorMeta{ParamName: "claims"}
			return e
		}
	}
	t.Claims = claims
	return nil
}

// listTemplates lists the JWT templates, newest first.
func listTemplates(c *call) (any, error) {
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	var all []jwtTemplate
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		all, err = readTemplates(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	out := []wire.JWTTemplate{}
	for _, t := range cut(page, all) {
		out = append(out, templateJSON(t))
	}
	return listed(c, out, int64(len(all))), nil
}

// getTemplate shows a JWT template.
func getTemplate(c *call) (any, error) {
	var t jwtTemplate
	err := c.view(c.r.Context(), func(tx Tx) error {
		all, i, err := pathTemplate(c, tx)
		if err == nil {
			t = all[i]
		}
		return err
	})
	return templateJSON(t), err
}

// pathTemplate reads all templates and finds the one in the path.
func pathTemplate(c *call, tx Tx) (all []jwtTemplate, i int, err error) {
	if all, err = readTemplates(tx); err != nil {
		return nil, 0, err
	}
	i = slices.IndexFunc(all, func(t jwtTemplate) bool { return t.ID == c.r.PathValue("id") })
	if i < 0 {
		err = notFound()
	}
	return all, i, err
}

// createTemplate makes a JWT template.
func createTemplate(c *call) (any, error) {
	var in templateParams
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	t := jwtTemplate{
		ID: newID(prefixTemplate), Lifetime: int64(templateLifetime / time.Second), Skew: int64(templateSkew / time.Second),
		CreatedAt: c.now, UpdatedAt: c.now,
	}
	if err := in.apply(&t); err != nil {
		return nil, err
	}
	err := c.update(c.r.Context(), func(tx Tx) error {
		all, err := readTemplates(tx)
		if err != nil {
			return err
		}
		if len(all) >= maxTemplates {
			return refuse(http.StatusForbidden, wire.CodeQuotaExceeded, "There are 100 templates already, which is the most.")
		}
		return c.putTemplates(tx, append(all, t), len(all), "jwt_template.created")
	})
	return templateJSON(t), err
}

// putTemplates stores all templates, of which the one at i is new or changed.
func (c *call) putTemplates(tx Tx, all []jwtTemplate, i int, event string) error {
	for j, t := range all {
		if j != i && t.Name == all[i].Name {
			return invalid("name", wire.CodeIdentifierExists, "There is a template of this name already.")
		}
	}
	return errors.Join(writeTemplates(tx, all), c.record(tx, AuditEvent{Type: event, Data: detail("template_id", all[i].ID)}))
}

// updateTemplate changes what is given of a JWT template.
func updateTemplate(c *call) (any, error) {
	var in templateParams
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	var t jwtTemplate
	err := c.update(c.r.Context(), func(tx Tx) error {
		all, i, err := pathTemplate(c, tx)
		if err != nil {
			return err
		}
		if err := in.apply(&all[i]); err != nil {
			return err
		}
		all[i].UpdatedAt = c.now
		t = all[i]
		return c.putTemplates(tx, all, i, "jwt_template.updated")
	})
	return templateJSON(t), err
}

// deleteTemplate removes a JWT template. Its tokens are valid until they expire.
func deleteTemplate(c *call) (any, error) {
	id := c.r.PathValue("id")
	err := c.update(c.r.Context(), func(tx Tx) error {
		all, i, err := pathTemplate(c, tx)
		if err != nil {
			return err
		}
		deleted := AuditEvent{Type: "jwt_template.deleted", Data: detail("template_id", id)}
		return errors.Join(writeTemplates(tx, slices.Delete(all, i, i+1)), c.record(tx, deleted))
	})
	if err != nil {
		return nil, err
	}
	return wire.Deleted{Object: "jwt_template", ID: id, Deleted: true}, nil
}

func templateJSON(t jwtTemplate) wire.JWTTemplate {
	return wire.JWTTemplate{
		Object: "jwt_template", ID: t.ID, Name: t.Name, Claims: metadata(t.Claims),
		Lifetime: t.Lifetime, AllowedClockSkew: t.Skew, SigningAlgorithm: "RS256",
		CreatedAt: millis(t.CreatedAt), UpdatedAt: millis(t.UpdatedAt),
	}
}
