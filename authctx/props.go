package authctx

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/usherauth/usher/wire"
)

// Props is the browser's first auth state, encoded as JSON that is safe inside a script
// element. It is made by [BuildAuthProps] from an allow-list of fields, so there is no
// place in it for private metadata. The zero value is JSON null: a page without props,
// whose scripts load the state by themselves.
type Props struct {
	auth      *Auth
	user      []byte // "" for none
	constants []byte // nil in the zero Props
}

// MarshalJSON returns the props.
func (p Props) MarshalJSON() ([]byte, error) { return p.appendTo(nil), nil }

// WriteTo writes the props.
func (p Props) WriteTo(w io.Writer) (n int64, err error) {
	b, _ := propsBuffers.Get().(*[]byte)
	*b = p.appendTo((*b)[:0])
	m, err := w.Write(*b)
	if cap(*b) <= maxPropsBuffer {
		propsBuffers.Put(b)
	}
	return int64(m), err
}

const maxPropsBuffer = 16 << 10 // what is longer is left to the garbage collector

var propsBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 2<<10); return &b }}

func (p Props) appendTo(b []byte) []byte {
	if p.constants == nil {
		return append(b, "null"...)
	}
	b = append(b, `{"__clerk_ssr_state":`...)
	if p.auth.SignedIn() {
		b = p.auth.appendState(b)
	} else {
		b = appendSignedOut(b, p.auth.Status())
	}
	if p.user != nil {
		b = append(append(b, `,"user":`...), p.user...)
	}
	return append(b, p.constants...)
}

// PropsOption adds to [BuildAuthProps].
type PropsOption func(*propsUser)

// WithUser adds the signed-in user, so that useUser is loaded at first paint. Only
// public fields are kept. A nil user, or one who is not the signed-in one, is left out.
func WithUser(u *wire.User) PropsOption {
	return func(p *propsUser) { p.from = u }
}

// BuildAuthProps describes who sent the request of ctx to the browser, in the shape of
// the reference's __clerk_ssr_state (protocol reference 6.7): ids, organisation, claims,
// and no token. Behind the middleware it costs no network and, without options, no
// allocation.
func BuildAuthProps(ctx context.Context, opts ...PropsOption) Props {
	p := Props{auth: FromContext(ctx), constants: closeOnly}
	if owner := ownerOf(ctx); owner != nil {
		p.constants = owner.constants
	}
	if len(opts) == 0 || !p.auth.SignedIn() {
		return p
	}
	var u propsUser
	for _, opt := range opts {
		opt(&u)
	}
	if u.from != nil && u.from.ID == p.auth.UserID() {
		p.user = u.encode()
	}
	return p
}

var closeOnly = []byte(`}}`)

// appendSignedOut writes the state without its closing brace, with every field as null; appendState leaves out what a signed-in user
// does not have (protocol reference 6.7).
func appendSignedOut(b []byte, status string) []byte {
	b = append(b, `{"tokenType":"session_token","sessionClaims":null,"sessionId":null,"sessionStatus":`...)
	b = appendNullString(b, status)
	return append(b, `,"userId":null,"actor":null,"orgId":null,"orgRole":null,"orgSlug":null,"orgPermissions":null,`+
		`"factorVerificationAge":null,"isAuthenticated":false`...)
}

func (a *Auth) appendState(b []byte) []byte {
	b = append(b, `{"tokenType":"session_token","sessionClaims":`...)
	if a.plain {
		b = append(b, a.claims.text...)
	} else {
		b = appendEscaped(b, a.claims.text)
	}
	b = appendString(append(b, `,"sessionId":`...), a.sessionID)
	b = appendNullString(append(b, `,"sessionStatus":`...), a.status)
	b = appendString(append(b, `,"userId":`...), a.userID)
	if a.actor != nil {
		b = append(append(b, `,"actor":`...), encode(a.actor)...)
	}
	if a.org != nil {
		b = a.appendOrganization(b)
	}
	b = append(b, `,"factorVerificationAge":`...)
	if a.hasAges {
		b = append(strconv.AppendInt(append(b, '['), int64(a.ages[0]), 10), ',')
		b = append(strconv.AppendInt(b, int64(a.ages[1]), 10), ']')
	} else {
		b = append(b, "null"...)
	}
	return append(b, `,"isAuthenticated":true`...)
}

func (a *Auth) appendOrganization(b []byte) []byte {
	for _, f := range [...]struct{ name, value string }{
		{`,"orgId":`, a.org.ID}, {`,"orgRole":`, a.org.Role}, {`,"orgSlug":`, a.org.Slug},
	} {
		if f.value != "" {
			b = appendString(append(b, f.name...), f.value)
		}
	}
	for i, permission := range a.org.Permissions {
		if i == 0 {
			b = append(b, `,"orgPermissions":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendString(b, permission)
	}
	if len(a.org.Permissions) > 0 {
		b = append(b, ']')
	}
	return b
}

func appendNullString(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendString(b, s)
}

// appendString writes s as JSON. Ids and roles hold nothing that needs an escape.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return append(b, encode(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// plain reports that JSON text holds none of the characters that [encode] escapes.
func plain(text string) bool {
	return !strings.ContainsAny(text, "<>&") && !strings.Contains(text, "\u2028") && !strings.Contains(text, "\u2029")
}

// appendEscaped writes JSON text with those characters escaped. In valid JSON they stand in
// strings only.
func appendEscaped(b []byte, text string) []byte {
	for _, r := range text {
		switch r {
		case '<', '>', '&', '\u2028', '\u2029':
			b = append(b, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

const hexDigits = "0123456789abcdef"

// encodeConstants closes the state and adds what is the same for everybody.
func encodeConstants(in *instance) []byte {
	body := encode(struct {
		PublishableKey string `json:"publishableKey"`
		CookieSuffix   string `json:"cookieSuffix"`
		ProxyURL       string `json:"proxyUrl"`
		SignInURL      string `json:"signInUrl"`
		SignUpURL      string `json:"signUpUrl"`
	}{in.key.String(), in.suffix, in.proxyURL, in.signIn, in.signUp})
	return append([]byte(`},`), body[1:]...)
}

// encode escapes <, >, &, U+2028 and U+2029, in names and in raw JSON too, which is what
// keeps a value from ending the script element (ASVS 1.2.3). The types encoded here
// cannot fail: their raw parts were parsed before.
func encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		return []byte(`{}`)
	}
	return body
}

// propsUser is what a page may know of its user.
type propsUser struct{ from *wire.User }

type propsEmail struct {
	ID           string `json:"id"`
	EmailAddress string `json:"emailAddress"`
}

func (p propsUser) encode() []byte {
	u := p.from
	emails := make([]propsEmail, len(u.EmailAddresses))
	for i, e := range u.EmailAddresses {
		emails[i] = propsEmail{e.ID, e.EmailAddress}
	}
	return encode(struct {
		ID                    string          `json:"id"`
		FirstName             wire.NullString `json:"firstName"`
		LastName              wire.NullString `json:"lastName"`
		FullName              wire.NullString `json:"fullName"`
		Username              wire.NullString `json:"username"`
		ImageURL              string          `json:"imageUrl"`
		HasImage              bool            `json:"hasImage"`
		PrimaryEmailAddressID wire.NullString `json:"primaryEmailAddressId"`
		PrimaryEmailAddress   wire.NullString `json:"primaryEmailAddress"`
		EmailAddresses        []propsEmail    `json:"emailAddresses"`
		PublicMetadata        json.RawMessage `json:"publicMetadata"`
		LastSignInAt          *int64          `json:"lastSignInAt"`
		CreatedAt             int64           `json:"createdAt"`
		UpdatedAt             int64           `json:"updatedAt"`
	}{
		u.ID, u.FirstName, u.LastName, wire.NullString(u.FullName()), u.Username, u.ImageURL, u.HasImage,
		u.PrimaryEmailAddressID, wire.NullString(u.PrimaryEmail()), emails, orEmpty(u.PublicMetadata),
		u.LastSignInAt, u.CreatedAt, u.UpdatedAt,
	})
}

// orEmpty stands in for metadata that is absent or not JSON at all.
func orEmpty(raw json.RawMessage) json.RawMessage {
	if !json.Valid(raw) {
		return json.RawMessage(`{}`)
	}
	return raw
}
