package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// outcome is how a request was decided, in a form that both sides can be brought to.
type outcome struct {
	Threw        string // the reference had no answer; ours never has none
	Status       string
	Reason       string
	HeaderStatus string // X-Clerk-Auth-Status and -Reason
	HeaderReason string
	Location     address
	NoStore      bool
	Cookies      []http.Cookie // by name, in order
	Calls        []string      // what the Backend API was asked, but for keys
	TokenType    string        // the kind of token that somebody is authenticated by
	Auth         identity
	Has          []bool  // its answers
	SignIn       address // where it sends people to sign in
	SignUp       address
	Machine      machine
}

// identity is the auth object; what is null or missing is the zero value.
type identity struct {
	UserID, SessionID, SessionStatus string
	OrgID, OrgRole, OrgSlug          string
	OrgPermissions                   []string
	Actor                            map[string]string
	FactorAges                       []float64
	Claims                           map[string]any
}

// machine is the auth object of a machine token; UserID and OrgID of [identity] are whom it
// acts for.
type machine struct {
	ID, Subject, Name   string
	MachineID, ClientID string
	Scopes              []string
	Claims              map[string]any
}

// address is a Location taken apart: Back is the redirect_url inside it.
type address struct {
	Base  string
	Query []string
	Back  string
}

// parseAddress resolves raw on the request's own address, as a browser does.
func parseAddress(raw, on string) (a address) {
	if raw == "" {
		return a
	}
	var words []pair
	a.Base, words = takeApart(raw, on)
	for _, w := range words {
		if w.Value == "" || w.Name != "redirect_url" && w.Name != "__clerk_redirect_url" {
			a.Query = append(a.Query, w.Name+"="+w.Value)
			continue
		}
		inner, words := takeApart(w.Value, on)
		a.Back = inner
		for _, w := range words {
			a.Back += "&" + w.Name + "=" + w.Value
		}
	}
	return a
}

// takeApart splits an address into what is before the question mark and the parameters. A
// default port is as good as none (RFC 3986 §6.2.3).
func takeApart(raw, on string) (string, []pair) {
	base, err := url.Parse(on)
	if err != nil {
		return raw, nil
	}
	u, err := base.Parse(raw)
	if err != nil {
		return raw, nil
	}
	var words []pair
	for word := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(word, "=")
		name, value = meant(name), meant(value)
		if word != "" {
			words = append(words, pair{name, value})
		}
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
	u = &url.URL{Scheme: u.Scheme, Host: host, Path: u.Path, RawPath: u.RawPath, Fragment: u.Fragment, RawFragment: u.RawFragment}
	return u.String(), words
}

// meant is a word of a query as it was meant, or as it is where it cannot be read.
func meant(word string) string {
	if text, err := url.QueryUnescape(word); err == nil {
		return text
	}
	return word
}

// parseCookies brings Set-Cookie lines into one order and spelling.
func parseCookies(lines []string) (out []http.Cookie) {
	for _, line := range lines {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			c = &http.Cookie{Name: "unparsable", Value: line}
		}
		c.Raw, c.RawExpires, c.Unparsed = "", "", nil
		out = append(out, *c)
	}
	slices.SortStableFunc(out, func(a, b http.Cookie) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// differs names the fields in which a and b are not alike.
func (o *outcome) differs(other *outcome) (fields []string) {
	a, b := reflect.ValueOf(*o), reflect.ValueOf(*other)
	for i := range a.NumField() {
		if !alike(a.Field(i).Interface(), b.Field(i).Interface()) {
			fields = append(fields, a.Type().Field(i).Name)
		}
	}
	return fields
}

// alike compares by JSON text, in which nothing and an empty list are made the same.
func alike(a, b any) bool {
	return reflect.DeepEqual(a, b) || canonical(a) == canonical(b)
}

func canonical(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(string(raw), "[]", "null")
}
