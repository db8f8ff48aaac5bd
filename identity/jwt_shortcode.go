package identity

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/usherauth/usher/internal/strictjson"
	"github.com/usherauth/usher/wire"
)

// A shortcode is {{…}} in a text of a template: operands with || between them, each a path
// such as user.public_metadata.plan, or a literal: 'text', a number, true, false, null. The
// first that is neither null nor false counts, or else the last. A text that is nothing but
// a shortcode becomes the value itself; among other text it is written out.

// templateSource is what paths lead into. Private metadata is not in it (V01).
func (c *call) templateSource(tx Tx, s Session, u User) (map[string]any, error) {
	user, err := generic(c.userJSON(u))
	if err != nil {
		return nil, err
	}
	full := wire.User{FirstName: wire.NullString(u.FirstName), LastName: wire.NullString(u.LastName)}
	user["full_name"] = nullable(full.FullName())
	user["primary_email_address"], user["email_verified"] = nil, false
	if i := emailIndex(u, u.PrimaryEmailID); i >= 0 {
		user["primary_email_address"], user["email_verified"] = u.Emails[i].Address, u.Emails[i].Verified
	}
	user["phone_number_verified"] = false
	user["created_at"], user["updated_at"] = u.CreatedAt.Unix(), u.UpdatedAt.Unix()
	source := map[string]any{"user": user}
	if s.ActiveOrgID == "" {
		return source, nil
	}
	m, err := tx.Membership(s.ActiveOrgID, u.ID)
	if errors.Is(err, ErrNotFound) {
		return source, nil
	}
	if err != nil {
		return nil, err
	}
	o, err := tx.Organization(s.ActiveOrgID)
	if err != nil {
		return nil, err
	}
	source["org"] = map[string]any{
		"id": o.ID, "name": o.Name, "slug": nullable(o.Slug), "role": m.Role, "has_image": o.ImageID != "", "image_url": c.imageURL(o.ImageID, o.ID),
		"public_metadata": metadata(o.PublicMetadata),
	}
	source["org_membership"] = map[string]any{"role": m.Role, "public_metadata": metadata(m.PublicMetadata)}
	for _, part := range []string{"org", "org_membership"} {
		if source[part], err = generic(source[part]); err != nil {
			return nil, err
		}
	}
	return source, nil
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// generic is v as its JSON decodes, numbers as they are spelled.
func generic(v any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return decodeObject(raw)
}

// fillObject replaces the shortcodes in a template's claims.
func fillObject(template, source map[string]any) map[string]any {
	out := make(map[string]any, len(template)+8)
	for name, v := range template {
		out[name] = fill(v, source)
	}
	return out
}

func fill(v any, source map[string]any) any {
	switch v := v.(type) {
	case string:
		return fillText(v, source)
	case map[string]any:
		return fillObject(v, source)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = fill(e, source)
		}
		return out
	}
	return v
}

func fillText(s string, source map[string]any) any {
	before, code, after, ok := cutShortcode(s)
	if !ok {
		return s
	}
	if before == "" && after == "" {
		return evaluate(code, source)
	}
	var out strings.Builder
	for ok {
		out.WriteString(before + written(evaluate(code, source)))
		s = after
		before, code, after, ok = cutShortcode(s)
	}
	return out.String() + s
}

// cutShortcode finds the first shortcode of a text. Braces within a text literal are part
// of that.
func cutShortcode(s string) (before, code, after string, ok bool) {
	before, rest, ok := strings.Cut(s, "{{")
	if !ok {
		return "", "", "", false
	}
	quoted := false
	for i := range len(rest) {
		switch {
		case rest[i] == '\'':
			quoted = !quoted
		case !quoted && strings.HasPrefix(rest[i:], "}}"):
			return before, rest[:i], rest[i+2:], true
		}
	}
	return "", "", "", false
}

// written is a value within other text.
func written(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	out, err := strictjson.Encode(v)
	if err != nil {
		return "null" // cannot happen for what came from JSON
	}
	return string(out)
}

// evaluate is the first operand that counts.
func evaluate(code string, source map[string]any) (v any) {
	for _, operand := range operands(code) {
		v = operandValue(strings.TrimSpace(operand), source)
		if v != nil && v != false {
			return v
		}
	}
	return v
}

// operands splits at ||, but not within a text literal.
func operands(code string) (list []string) {
	quoted, start := false, 0
	for i := range len(code) {
		switch {
		case code[i] == '\'':
			quoted = !quoted
		case !quoted && i >= start && strings.HasPrefix(code[i:], "||"):
			list = append(list, code[start:i])
			start = i + len("||")
		}
	}
	return append(list, code[start:])
}

func operandValue(s string, source map[string]any) any {
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return s[1 : len(s)-1]
	}
	var literal any
	if dec := json.NewDecoder(strings.NewReader(s)); s != "" && s[0] != '"' && s[0] != '{' && s[0] != '[' {
		dec.UseNumber()
		if dec.Decode(&literal) == nil && !dec.More() {
			return literal
		}
	}
	var v any = source
	for name := range strings.SplitSeq(s, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[name]
	}
	return v
}
