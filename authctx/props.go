package authctx

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	"github.com/usherauth/usher/wire"
)

// Props is the browser's first auth state, encoded as JSON that is safe inside a script
// element. It is made by [BuildAuthProps] from an allow-list of fields, so there is no
// place in it for private metadata. The zero value is JSON null: a page without props,
// whose scripts load the state by themselves.
type Props struct{ parts [4][]byte }

// MarshalJSON returns the props.
func (p Props) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	_, err := p.WriteTo(&b)
	return b.Bytes(), err
}

// WriteTo writes the props.
func (p Props) WriteTo(w io.Writer) (n int64, err error) {
	if p.parts[0] == nil {
		p.parts[0] = []byte("null")
	}
	for _, part := range p.parts {
		if len(part) == 0 {
			continue
		}
		m, err := w.Write(part)
		n += int64(m)
		if err != nil {
			return n, err
		}
	}
	return n, nil
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
// and no token. Behind the middleware it costs no network and, without options, at most
// one allocation, because the state is encoded once per session token.
func BuildAuthProps(ctx context.Context, opts ...PropsOption) Props {
	auth := FromContext(ctx)
	var p Props
	p.parts[0] = auth.encodedState()
	if owner := ownerOf(ctx); owner != nil {
		p.parts[3] = owner.constants
	} else {
		p.parts[3] = closeOnly
	}
	if len(opts) == 0 || !auth.SignedIn() {
		return p
	}
	var u propsUser
	for _, opt := range opts {
		opt(&u)
	}
	if u.from == nil || u.from.ID != auth.UserID() {
		return p
	}
	p.parts[1], p.parts[2] = propsUserKey, u.encode()
	return p
}

var (
	propsUserKey = []byte(`,"user":`)
	closeOnly    = []byte(`}}`)
)

// encodedState is the state object without its closing brace. It belongs to the Auth, so
// requests with the same token share it.
func (a *Auth) encodedState() []byte {
	if a == nil {
		return encodeState(nil)
	}
	if b := a.state.Load(); b != nil {
		return *b
	}
	b := encodeState(a)
	a.state.Store(&b)
	return b
}

// signedOutState has every field, as null; propsState leaves out what a signed-in user
// does not have (protocol reference 6.7).
type signedOutState struct {
	TokenType       string  `json:"tokenType"`
	SessionClaims   *string `json:"sessionClaims"`
	SessionID       *string `json:"sessionId"`
	SessionStatus   *string `json:"sessionStatus"`
	UserID          *string `json:"userId"`
	Actor           *string `json:"actor"`
	OrgID           *string `json:"orgId"`
	OrgRole         *string `json:"orgRole"`
	OrgSlug         *string `json:"orgSlug"`
	OrgPermissions  *string `json:"orgPermissions"`
	FactorAges      *string `json:"factorVerificationAge"`
	IsAuthenticated bool    `json:"isAuthenticated"`
}

type propsState struct {
	TokenType       string          `json:"tokenType"`
	SessionClaims   json.RawMessage `json:"sessionClaims"`
	SessionID       string          `json:"sessionId"`
	SessionStatus   wire.NullString `json:"sessionStatus"`
	UserID          string          `json:"userId"`
	Actor           *wire.Actor     `json:"actor,omitempty"`
	OrgID           string          `json:"orgId,omitempty"`
	OrgRole         string          `json:"orgRole,omitempty"`
	OrgSlug         string          `json:"orgSlug,omitempty"`
	OrgPermissions  []string        `json:"orgPermissions,omitempty"`
	FactorAges      []int           `json:"factorVerificationAge"`
	IsAuthenticated bool            `json:"isAuthenticated"`
}

func encodeState(a *Auth) []byte {
	var body []byte
	if a.SignedIn() {
		body = encode(signedInState(a))
	} else {
		s := signedOutState{TokenType: "session_token"}
		if status := a.Status(); status != "" {
			s.SessionStatus = &status
		}
		body = encode(s)
	}
	return append([]byte(`{"__clerk_ssr_state":`), body[:len(body)-1]...)
}

func signedInState(a *Auth) propsState {
	s := propsState{
		TokenType: "session_token", SessionClaims: json.RawMessage(a.claims.object.Text()),
		SessionID: a.sessionID, SessionStatus: wire.NullString(a.status), UserID: a.userID, Actor: a.actor,
		OrgID: a.org.ID, OrgRole: a.org.Role, OrgSlug: a.org.Slug, OrgPermissions: a.org.Permissions,
		IsAuthenticated: true,
	}
	if a.hasAges {
		s.FactorAges = a.ages[:]
	}
	return s
}

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
