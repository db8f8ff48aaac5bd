package token

import (
	"errors"
	"math/big"
	"strings"
)

// Organization is the active organisation of a token, in the terms of version 1.
type Organization struct {
	ID, Role, Slug string // Role has the org: prefix
	Permissions    []string
}

var errOrganization = errors.New("organisation claims are malformed")

// Organization decodes the organisation claims of either version; the zero value
// means that no organisation is active (protocol reference 3.3).
func (t Token) Organization() (Organization, error) {
	if v, _, ok := t.Payload.Date("v"); !ok || v != 2 { // a number equal to 2, however it is spelled
		return organizationV1(t.Payload)
	}
	raw := t.Payload.Raw("o")
	if raw == "" || raw == "null" {
		return Organization{}, nil
	}
	o, err := ParseObject(raw)
	if err != nil {
		return Organization{}, errOrganization
	}
	id, _ := o.String("id")
	slug, _ := o.String("slg")
	role, _ := o.String("rol")
	if id == "" {
		return Organization{}, errOrganization
	}
	if role != "" {
		role = "org:" + role
	}
	fea, fine := t.Payload.optional("fea")
	per, ok := o.optional("per")
	fpm, ok2 := o.optional("fpm")
	if !fine || !ok || !ok2 {
		return Organization{}, errOrganization
	}
	perms, err := permissionsV2(fea, per, fpm)
	return Organization{ID: id, Role: role, Slug: slug, Permissions: perms}, err
}

// optional is a string that may be absent or null; ok is false for anything else.
func (o Object) optional(name string) (s string, ok bool) {
	if raw := o.Raw(name); raw == "" || raw == "null" {
		return "", true
	}
	return o.String(name)
}

func organizationV1(o Object) (Organization, error) {
	id, _ := o.String("org_id")
	if id == "" {
		return Organization{}, nil
	}
	role, _ := o.String("org_role")
	slug, _ := o.String("org_slug")
	perms, err := stringArray(o.Raw("org_permissions"))
	return Organization{ID: id, Role: role, Slug: slug, Permissions: perms}, err
}

// permissionsV2 expands the permission masks: bit j of mask i grants permission j on
// the i-th feature of the organisation (protocol reference 3.3). Masks pass 64 bits.
func permissionsV2(fea, per, fpm string) ([]string, error) {
	features, err := organizationFeatures(fea)
	if err != nil || per == "" || fpm == "" {
		return nil, err
	}
	names := splitTrim(per)
	var out []string
	for i, m := range splitTrim(fpm) {
		if i >= len(features) {
			break
		}
		mask := decimal(m)
		for j, name := range names {
			if mask.Bit(j) == 1 {
				out = append(out, "org:"+features[i]+":"+name)
			}
		}
	}
	return out, nil
}

// organizationFeatures keeps the features that belong to the organisation, in order;
// those of the user alone do not take an index.
func organizationFeatures(fea string) ([]string, error) {
	if fea == "" {
		return nil, nil
	}
	var out []string
	for _, entry := range splitTrim(fea) {
		scope, name, ok := strings.Cut(entry, ":")
		if !ok {
			return nil, errOrganization
		}
		if scope == "o" || scope == "ou" || scope == "uo" {
			out = append(out, name)
		}
	}
	return out, nil
}

// decimal reads a mask; anything but digits is the empty mask.
func decimal(s string) *big.Int {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return new(big.Int)
		}
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return new(big.Int)
	}
	return n
}

func splitTrim(s string) []string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// stringArray decodes an array of strings that the scanner has accepted; "" and null
// are none.
func stringArray(raw string) ([]string, error) {
	if raw == "" || raw == "null" {
		return nil, nil
	}
	s := scanner{text: raw}
	if !s.take('[') {
		return nil, errOrganization
	}
	var out []string
	for s.space(); !s.take(']'); s.space() {
		s.take(',')
		s.space()
		start := s.pos
		if !s.str() {
			return nil, errOrganization
		}
		v, _ := unquote(s.text[start:s.pos])
		out = append(out, v)
	}
	return out, nil
}

// Strings returns the member called name when it is an array of strings and nothing else.
func (o Object) Strings(name string) ([]string, bool) {
	raw := o.Raw(name)
	if raw == "" || raw[0] != '[' {
		return nil, false
	}
	list, err := stringArray(raw)
	return list, err == nil
}
