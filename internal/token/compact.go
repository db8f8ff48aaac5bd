package token

import (
	"encoding/base64"
	"errors"
	"strings"
	"sync/atomic"
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

// Token is a compact JWS, taken apart but not verified. It shares no memory with the text
// that it was parsed from, so a Token may be kept where that text may not.
type Token struct {
	Text      string // the token itself, in one piece of memory with the payload's text
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
	header, err := parseHeader(head)
	if err != nil {
		return Token{}, err
	}
	kept, err := keep(s, body)
	if err != nil {
		return Token{}, err
	}
	payload, err := ParseObject(kept[len(s):])
	if err != nil {
		return Token{}, ErrMalformed
	}
	signature, err := DecodeSegment(sig)
	if err != nil {
		return Token{}, err
	}
	return Token{Text: kept[:len(s)], Header: header, Payload: payload, Signed: kept[:len(head)+1+len(body)], Signature: signature}, nil
}

// latestHeader is the header that was parsed last. The tokens of one key all have the same.
var latestHeader atomic.Pointer[parsedHeader]

type parsedHeader struct {
	segment string
	Header
}

func parseHeader(segment string) (Header, error) {
	if p := latestHeader.Load(); p != nil && p.segment == segment {
		return p.Header, nil
	}
	o, err := decodeObject(segment)
	if err != nil {
		return Header{}, err
	}
	h, ok := readHeader(o)
	if !ok {
		return Header{}, ErrMalformed
	}
	const usual = 512 // octets; what is longer is not worth keeping
	if len(segment) <= usual {
		latestHeader.Store(&parsedHeader{strings.Clone(segment), h})
	}
	return h, nil
}

// keep returns a copy of s followed by the decoded body.
func keep(s, body string) (string, error) {
	var room [1024]byte
	decoded, err := appendSegment(room[:0], body)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.Grow(len(s) + len(decoded))
	b.WriteString(s)
	b.Write(decoded)
	return b.String(), nil
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
func DecodeSegment(s string) ([]byte, error) { return appendSegment(nil, s) }

func appendSegment(to []byte, s string) ([]byte, error) {
	if strings.IndexByte(s, '\r') >= 0 || strings.IndexByte(s, '\n') >= 0 { // many times quicker than ContainsAny
		return nil, ErrMalformed
	}
	b, err := strict.AppendDecode(to, []byte(s))
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
		if !o.Has(f.name) || f.name == "cat" && o.Raw("cat") == "null" { // which is another category than a session's
			continue
		}
		if *f.to, ok = o.String(f.name); !ok {
			return Header{}, false
		}
	}
	return h, true
}
