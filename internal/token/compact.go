package token

import (
	"encoding/base64"
	"errors"
	"strings"
)

// MaxBytes is the default bound on the length of a token. A session token shares a
// cookie, and browsers keep at most 4096 octets of one.
const MaxBytes = 8192

// Errors of [Parse]; both mean token-invalid (protocol reference 3.4, row 1).
var (
	ErrMalformed = errors.New("token is malformed")
	ErrTooLong   = errors.New("token is too long")
)

// strict is base64url without padding whose unused bits must be zero (RFC 7515 §2,
// RFC 4648 §3.5).
var strict = base64.RawURLEncoding.Strict()

// Token is a compact JWS, taken apart but not verified.
type Token struct {
	Header    Header
	Payload   Object
	Signed    string // what the signature covers
	Signature []byte
}

// Header holds the members of the JOSE header that matter. An absent Typ or Cat is ""
// with its Has field false; other types than string make the token malformed.
type Header struct {
	Alg, Kid, Typ, Cat string
	HasTyp, HasCat     bool
}

// Parse takes a token apart. It refuses tokens longer than limit octets (0 means
// [MaxBytes]) before any decoding, other serializations, non-canonical base64url,
// duplicate names, and the crit header, whose extensions nobody here implements
// (RFC 7515 §4.1.11). It allocates no more than a small multiple of the input.
func Parse(s string, limit int) (Token, error) {
	if limit == 0 {
		limit = MaxBytes
	}
	if len(s) > limit {
		return Token{}, ErrTooLong
	}
	head, body, sig, ok := split(s)
	if !ok {
		return Token{}, ErrMalformed
	}
	h, err := decodeObject(head)
	if err != nil {
		return Token{}, err
	}
	header, ok := readHeader(h)
	if !ok {
		return Token{}, ErrMalformed
	}
	payload, err := decodeObject(body)
	if err != nil {
		return Token{}, err
	}
	signature, err := DecodeSegment(sig)
	if err != nil {
		return Token{}, err
	}
	return Token{Header: header, Payload: payload, Signed: s[:len(head)+1+len(body)], Signature: signature}, nil
}

// split cuts s into exactly three segments without counting further dots.
func split(s string) (head, body, sig string, ok bool) {
	head, rest, ok := strings.Cut(s, ".")
	if !ok {
		return "", "", "", false
	}
	body, sig, ok = strings.Cut(rest, ".")
	if !ok || strings.IndexByte(sig, '.') >= 0 {
		return "", "", "", false
	}
	return head, body, sig, head != "" && body != ""
}

// DecodeSegment decodes one segment. Go's strict decoder still skips CR and LF, so
// those are refused first.
func DecodeSegment(s string) ([]byte, error) {
	if strings.IndexByte(s, '\r') >= 0 || strings.IndexByte(s, '\n') >= 0 { // many times quicker than ContainsAny
		return nil, ErrMalformed
	}
	b, err := strict.DecodeString(s)
	if err != nil {
		return nil, ErrMalformed
	}
	return b, nil
}

func decodeObject(segment string) (Object, error) {
	b, err := DecodeSegment(segment)
	if err != nil {
		return Object{}, err
	}
	o, err := ParseObject(string(b))
	if err != nil {
		return Object{}, ErrMalformed
	}
	return o, nil
}

func readHeader(o Object) (h Header, ok bool) {
	if o.Has("crit") {
		return Header{}, false
	}
	h.HasTyp, h.HasCat = o.Has("typ"), o.Has("cat")
	for _, f := range []struct {
		name string
		to   *string
	}{{"alg", &h.Alg}, {"kid", &h.Kid}, {"typ", &h.Typ}, {"cat", &h.Cat}} {
		if !o.Has(f.name) {
			continue
		}
		if *f.to, ok = o.String(f.name); !ok {
			return Header{}, false
		}
	}
	return h, true
}
