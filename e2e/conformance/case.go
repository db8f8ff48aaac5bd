package conformance

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

// pair is a cookie or a header field.
type pair struct{ Name, Value string }

// options are the settings that both sides know, spelled as the reference spells them.
type options struct {
	PublishableKey    string        `json:"publishableKey"`
	SecretKey         string        `json:"secretKey,omitempty"`
	JWTKey            string        `json:"jwtKey,omitempty"`
	ProxyURL          string        `json:"proxyUrl,omitempty"`
	Domain            string        `json:"domain,omitempty"`
	IsSatellite       bool          `json:"isSatellite,omitempty"`
	SatelliteAutoSync bool          `json:"satelliteAutoSync,omitempty"`
	SignInURL         string        `json:"signInUrl,omitempty"`
	AuthorizedParties []string      `json:"authorizedParties,omitempty"`
	Audience          []string      `json:"audience,omitempty"`
	Issuer            []string      `json:"issuer,omitempty"`
	ClockSkew         *int64        `json:"clockSkewInMs,omitempty"`
	Organizations     *organization `json:"organizationSyncOptions,omitempty"`
	AcceptsToken      *accepted     `json:"acceptsToken,omitempty"`
	MachineSecretKey  string        `json:"machineSecretKey,omitempty"`
	ReturnOrigins     []string      `json:"-"` // the reference returns to anybody
}

// accepted says which kinds of tokens decide: one, or a list of them, which the reference
// tells apart.
type accepted struct {
	kinds []wire.TokenType
	list  bool
}

// MarshalJSON spells it as the reference does.
func (a *accepted) MarshalJSON() ([]byte, error) {
	if a.list {
		return json.Marshal(a.kinds)
	}
	return json.Marshal(a.kinds[0])
}

type organization struct {
	Patterns []string `json:"organizationPatterns,omitempty"`
	Personal []string `json:"personalAccountPatterns,omitempty"`
}

// answer is what the Backend API says; Fail is that it cannot be reached. Type is its media
// type, "" for the usual one.
type answer struct {
	Fail   bool   `json:"fail,omitempty"`
	Status int    `json:"status,omitempty"`
	Body   string `json:"body,omitempty"`
	Type   string `json:"type,omitempty"`
}

// question is one case: a request, how the app is configured, and how the Backend API
// behaves. n is its number within the seed.
type question struct {
	n       int
	now     time.Time
	method  string
	origin  string // where the app is; the request came to it
	target  string // path and query
	headers []pair
	cookies []pair
	split   bool   // the cookies come in two fields
	joint   string // what is between two cookies, "" for the usual "; "
	options options
	backend map[string]answer // by jwks, nonce, refresh and the kinds of machine tokens
	usual   string            // the set of keys as it is where nothing is odd about it
	checks  []check           // what the auth object is asked
	pages   bool              // whether it is asked where to sign in
	back    string            // where to come back to from there, "" for nowhere
	swapped map[string]string // tokens of a rewritten question to those they stand for
}

// clone copies q deep enough for a rewrite to change anything.
func (q *question) clone() *question {
	c := *q
	c.headers, c.cookies, c.backend = slices.Clone(q.headers), slices.Clone(q.cookies), maps.Clone(q.backend)
	return &c
}

// fields are the header fields as they arrive, in order.
func (q *question) fields() []pair {
	out := slices.Clone(q.headers)
	half := 0
	if q.split {
		half = len(q.cookies) / 2
	}
	for _, part := range [][]pair{q.cookies[:half], q.cookies[half:]} {
		var words []string
		for _, c := range part {
			words = append(words, c.Name+"="+c.Value)
		}
		if len(words) > 0 {
			out = append(out, pair{"Cookie", strings.Join(words, cmp.Or(q.joint, "; "))})
		}
	}
	return out
}

// wire is q for the reference.
func (q *question) wire() map[string]any {
	headers := [][2]string{}
	for _, f := range q.fields() {
		if strings.EqualFold(f.Name, "cookie") && len(headers) > 0 && headers[len(headers)-1][0] == "Cookie" {
			headers[len(headers)-1][1] += "; " + f.Value // as a server joins them (RFC 9113 §8.2.3)
			continue
		}
		headers = append(headers, [2]string{f.Name, f.Value})
	}
	return map[string]any{
		"now": q.now.UnixMilli(), "method": q.method, "url": q.origin + q.target,
		"headers": headers, "options": q.options, "backend": q.backend, "checks": q.checks, "back": q.back, "pages": q.pages, "ownKeys": !q.usualKeys(),
	}
}

// request is q for this library.
func (q *question) request() *http.Request {
	r := httptest.NewRequest(q.method, q.target, nil)
	r.Host = strings.TrimPrefix(strings.TrimPrefix(q.origin, "https://"), "http://")
	for _, f := range q.fields() {
		if strings.EqualFold(f.Name, "host") {
			r.Host = f.Value
			continue
		}
		r.Header.Add(f.Name, strings.Trim(f.Value, " \t")) // as net/http reads it
	}
	return r
}

// header returns the value of a header field, "" if there is none.
func (q *question) header(name string) string {
	for _, f := range q.headers {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// dropHeaders removes header fields; it reports whether there were any.
func (q *question) dropHeaders(names ...string) bool {
	n := len(q.headers)
	q.headers = slices.DeleteFunc(q.headers, func(f pair) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(f.Name, name) })
	})
	return len(q.headers) < n
}

// cookie returns the first cookie called name.
func (q *question) cookie(name string) string {
	for _, c := range q.cookies {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// dropCookies removes cookies; it reports whether there were any.
func (q *question) dropCookies(names ...string) bool {
	n := len(q.cookies)
	q.cookies = slices.DeleteFunc(q.cookies, func(c pair) bool { return slices.Contains(names, c.Name) })
	return len(q.cookies) < n
}

// param returns a query parameter.
func (q *question) param(name string) string {
	_, query, _ := strings.Cut(q.target, "?")
	for word := range strings.SplitSeq(query, "&") {
		if n, value, _ := strings.Cut(word, "="); meant(n) == name {
			return meant(value)
		}
	}
	return ""
}

// dropParams removes query parameters; it reports whether there were any.
func (q *question) dropParams(names ...string) bool {
	path, query, _ := strings.Cut(q.target, "?")
	var kept []string
	dropped := false
	for word := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(word, "=")
		if slices.Contains(names, meant(name)) {
			dropped = true
		} else if word != "" {
			kept = append(kept, word)
		}
	}
	q.target = path
	if len(kept) > 0 {
		q.target += "?" + strings.Join(kept, "&")
	}
	return dropped
}
