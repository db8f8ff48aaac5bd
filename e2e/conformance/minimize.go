package conformance

import (
	"encoding/base64"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// minimize takes away from the question whatever the difference does not need.
func minimize(ref *reference, ring *keyring, v *verdict) (*verdict, error) {
	for again := true; again; {
		again = false
		smaller := v.q.smaller()
		verdicts, err := judge(ref, ring, smaller)
		if err != nil {
			return nil, err
		}
		for _, s := range verdicts {
			if !s.equal() && slices.Equal(s.fields, v.fields) && (s.err == nil) == (v.err == nil) {
				v, again = s, true
				break
			}
		}
	}
	return v, nil
}

// smaller are all questions with one thing less.
func (q *question) smaller() (out []*question) {
	less := func(edit func(c *question)) {
		c := q.clone()
		edit(c)
		out = append(out, c)
	}
	for i := range q.headers {
		less(func(c *question) { c.headers = slices.Delete(c.headers, i, i+1) })
	}
	for i := range q.cookies {
		less(func(c *question) { c.cookies = slices.Delete(c.cookies, i, i+1) })
	}
	_, query, _ := strings.Cut(q.target, "?")
	for word := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(word, "="); name != "" {
			less(func(c *question) { c.dropParams(name) })
		}
	}
	o := q.options
	if o.JWTKey != "" && o.SecretKey != "" {
		less(func(c *question) { c.options.JWTKey = "" })
	}
	if o.IsSatellite {
		less(func(c *question) { c.options.IsSatellite, c.options.Domain = false, "" })
	}
	if o.ProxyURL != "" && (!o.IsSatellite || o.Domain != "") {
		less(func(c *question) { c.options.ProxyURL = "" })
	}
	for _, set := range []struct {
		there bool
		edit  func(c *question)
	}{
		{len(o.AuthorizedParties) > 0, func(c *question) { c.options.AuthorizedParties = nil }},
		{len(o.Audience) > 0, func(c *question) { c.options.Audience = nil }},
		{o.ClockSkew != nil, func(c *question) { c.options.ClockSkew = nil }},
		{o.Organizations != nil, func(c *question) { c.options.Organizations = nil }},
		{len(o.ReturnOrigins) > 0, func(c *question) { c.options.ReturnOrigins = nil }},
		{q.split, func(c *question) { c.split = false }},
		{o.MachineSecretKey != "" && o.SecretKey != "", func(c *question) { c.options.MachineSecretKey = "" }},
	} {
		if set.there {
			less(set.edit)
		}
	}
	q.fewerKinds(less)
	q.smallerAnswers(less)
	return out
}

// fewerKinds takes kinds of tokens away from a list.
func (q *question) fewerKinds(less func(edit func(c *question))) {
	a := q.options.AcceptsToken
	if a == nil || len(a.kinds) < 2 {
		return
	}
	for i := range a.kinds {
		less(func(c *question) {
			c.options.AcceptsToken = &accepted{kinds: slices.Delete(slices.Clone(a.kinds), i, i+1), list: true}
		})
	}
}

// smallerAnswers takes away what the Backend API says of machine tokens, or a part of it.
func (q *question) smallerAnswers(less func(edit func(c *question))) {
	for _, kind := range kinds[1:] {
		a, there := q.backend[string(kind)]
		if !there {
			continue
		}
		less(func(c *question) { delete(c.backend, string(kind)) })
		members, _ := a.members()
		for name := range members {
			rest := maps.Clone(members)
			delete(rest, name)
			less(func(c *question) { c.backend[string(kind)] = answer{Status: a.Status, Body: body(rest), Type: a.Type} })
		}
	}
}

// String prints what a reader needs to follow the difference, tokens taken apart.
func (v *verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  now %d.%03d  %s %s%s\n", v.q.now.Unix(), v.q.now.Nanosecond()/1e6, v.q.method, v.q.origin, v.q.target)
	for _, f := range v.q.headers {
		fmt.Fprintf(&b, "  %s: %s\n", f.Name, readable(f.Value))
	}
	for _, c := range v.q.cookies {
		fmt.Fprintf(&b, "  Cookie %s = %s\n", c.Name, readable(c.Value))
	}
	o := v.q.options
	if o.JWTKey != "" {
		o.JWTKey = "PEM"
	}
	fmt.Fprintf(&b, "  options %s\n", canonical(o))
	asked := ""
	if v.ours != nil {
		asked = fmt.Sprint(v.ours.Calls, v.theirs.Calls)
	}
	for _, e := range append(slices.Clone(endpoints), endpoint{"/refresh", "refresh"}) {
		if a, ok := v.q.backend[e.kind]; ok && (e.kind == "jwks" && !v.q.usualKeys() || strings.Contains(asked, e.end)) {
			fmt.Fprintf(&b, "  Backend API %s: fail=%v %d %s %s\n", e.kind, a.Fail, a.Status, a.Type, clip(readable(a.Body), 1200))
		}
	}
	if v.err != nil {
		fmt.Fprintf(&b, "  ERROR %v\n", v.err)
		return b.String()
	}
	fmt.Fprintf(&b, "  differs in %v, differences applied %q\n", v.fields, v.applied)
	fmt.Fprintf(&b, "  reference %s\n  ours      %s\n", v.theirs.only(v.fields), v.ours.only(v.fields))
	if len(v.applied) > 0 {
		fmt.Fprintf(&b, "  rewritten %s\n", v.after.only(v.fields))
	}
	return b.String()
}

// only prints the decision, and of the rest the named fields.
func (o *outcome) only(fields []string) string {
	var words []string
	v := reflect.ValueOf(*o)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if f := v.Field(i); !f.IsZero() && (slices.Contains(fields, name) || slices.Contains([]string{"Threw", "Status", "Reason"}, name)) {
			words = append(words, name+"="+canonical(f.Interface()))
		}
	}
	return clip(readable(strings.Join(words, " ")), 1500)
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// readable replaces the parts of tokens by what they say, and so the tokens in those.
func readable(s string) string {
	for range 2 {
		s = decoded(s)
	}
	return s
}

func decoded(s string) string {
	var out []string
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ;,\"=&.", r) }) {
		raw, err := base64.RawURLEncoding.DecodeString(word)
		switch {
		case err == nil && strings.HasPrefix(word, "ey"):
			out = append(out, word, clip(string(raw), 700))
		case err == nil && len(word) > 200:
			out = append(out, word, "SIG"+word[:4]+"…")
		}
	}
	return strings.NewReplacer(out...).Replace(s)
}
