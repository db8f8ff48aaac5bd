package token

import (
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds nesting in headers and payloads. Session claims are shallow; the
// bound keeps the stack of a hostile token small.
const maxDepth = 32

var errJSON = errors.New("not one strict JSON object")

// Object is a JSON object split into its members, which are neither decoded nor
// copied. Unlike encoding/json it refuses duplicate names at any depth, invalid
// UTF-8, lone surrogates and anything after the object (RFC 7519 §4, RFC 8259 §8),
// and it never folds the case of names.
type Object struct {
	text    string
	members []member // nil in an Object that is kept as its text alone
}

type member struct{ name, raw string }

// Trusted is the object whose text ParseObject accepted before, in less memory: its members
// are found in the text each time they are asked for. The zero Object is that of "".
func Trusted(text string) Object { return Object{text: text} }

// ParseObject splits text, which must hold exactly one object.
func ParseObject(text string) (Object, error) {
	if !utf8.ValidString(text) {
		return Object{}, errJSON
	}
	s := scanner{text: text}
	s.space()
	members, ok := s.object(0, make([]member, 0, min(20, 2+len(text)/24)))
	s.space()
	if !ok || s.pos != len(text) {
		return Object{}, errJSON
	}
	return Object{text: text, members: members}, nil
}

// Text returns the object as it was parsed.
func (o Object) Text() string { return o.text }

// Raw returns the JSON text of the member called name, "" when there is none.
func (o Object) Raw(name string) string {
	if o.members == nil && o.text != "" {
		return find(o.text, name)
	}
	for i := range o.members {
		if o.members[i].name == name {
			return o.members[i].raw
		}
	}
	return ""
}

// find is Raw for the text of an object that ParseObject accepted.
func find(text, name string) string {
	at := strings.IndexByte(text, '{') + 1
	for {
		if at = skip(text, at); text[at] == '}' {
			return ""
		}
		end := stringEnd(text, at)
		lit := text[at:end]
		at = skip(text, end)
		end = valueEnd(text, at)
		if isName(lit, name) {
			return text[at:end]
		}
		at = end
	}
}

// skip passes over what stands between names and values.
func skip(text string, at int) int {
	for {
		switch text[at] {
		case ' ', '\t', '\n', '\r', ',', ':':
			at++
		default:
			return at
		}
	}
}

func isName(lit, name string) bool {
	body := lit[1 : len(lit)-1]
	if len(body) < len(name) { // escapes make a literal longer than what it stands for
		return false
	}
	decoded, _ := unquote(lit) // body itself, unless it has escapes
	return decoded == name
}

// stringEnd is where the literal that begins at at has ended.
func stringEnd(text string, at int) int {
	for at++; ; at++ {
		at += strings.IndexByte(text[at:], '"')
		slashes := 0
		for text[at-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return at + 1
		}
	}
}

// valueEnd is where the value that begins at at has ended.
func valueEnd(text string, at int) int {
	depth := 0
	for {
		switch text[at] {
		case '"':
			if at = stringEnd(text, at); depth == 0 {
				return at
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at // of a number or a word
			}
			if depth--; depth == 0 {
				return at + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return at
			}
		}
		at++
	}
}

// String returns the member called name when it is a string.
func (o Object) String(name string) (string, bool) {
	raw := o.Raw(name)
	if raw == "" || raw[0] != '"' {
		return "", false
	}
	return unquote(raw)
}

// Has reports that a member called name exists, whatever its value, null included.
func (o Object) Has(name string) bool { return o.Raw(name) != "" }

// scanner walks text once. Its methods return false at the first fault.
type scanner struct {
	text string
	pos  int
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) take(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) object(depth int, members []member) ([]member, bool) {
	if depth >= maxDepth || !s.take('{') {
		return nil, false
	}
	s.space()
	if s.take('}') {
		return members, true
	}
	for {
		m, ok := s.member(depth)
		if !ok || hasName(members, m.name) {
			return nil, false
		}
		members = append(members, m)
		s.space()
		if s.take('}') {
			return members, true
		}
		if !s.take(',') {
			return nil, false
		}
		s.space()
	}
}

func (s *scanner) member(depth int) (member, bool) {
	start := s.pos
	if !s.str() {
		return member{}, false
	}
	name, ok := unquote(s.text[start:s.pos])
	s.space()
	if !ok || !s.take(':') {
		return member{}, false
	}
	s.space()
	start = s.pos
	if !s.value(depth + 1) {
		return member{}, false
	}
	return member{name: name, raw: s.text[start:s.pos]}, true
}

func hasName(members []member, name string) bool {
	for i := range members {
		if members[i].name == name {
			return true
		}
	}
	return false
}

func (s *scanner) value(depth int) bool {
	if s.pos >= len(s.text) {
		return false
	}
	switch c := s.text[s.pos]; {
	case c == '"':
		return s.str()
	case c == '{':
		_, ok := s.object(depth, nil)
		return ok
	case c == '[':
		return s.array(depth)
	case c == '-' || isDigit(c):
		return s.number()
	default:
		return s.word("true") || s.word("false") || s.word("null")
	}
}

func (s *scanner) word(w string) bool {
	if !strings.HasPrefix(s.text[s.pos:], w) {
		return false
	}
	s.pos += len(w)
	return true
}

func (s *scanner) array(depth int) bool {
	if depth >= maxDepth || !s.take('[') {
		return false
	}
	s.space()
	if s.take(']') {
		return true
	}
	for {
		if !s.value(depth + 1) {
			return false
		}
		s.space()
		if s.take(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
		s.space()
	}
}

func (s *scanner) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && isDigit(s.text[s.pos]) {
		s.pos++
	}
	return s.pos > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// str passes over a string literal. Escapes are checked by unquote where the string
// is read, and here only far enough to find the end and to refuse bad ones.
func (s *scanner) str() bool {
	if !s.take('"') {
		return false
	}
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			return true
		case c < 0x20:
			return false
		case c == '\\':
			n := escapeLen(s.text[s.pos:])
			if n == 0 {
				return false
			}
			s.pos += n
		default:
			s.pos++
		}
	}
	return false
}

// escapeLen is the length of the escape at the start of t, 0 for a bad one. A
// surrogate pair is one escape; a lone surrogate is a bad one.
func escapeLen(t string) int {
	if len(t) < 2 {
		return 0
	}
	if t[1] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, t[1]) < 0 {
			return 0
		}
		return 2
	}
	r, ok := hex4(t)
	if !ok {
		return 0
	}
	if !utf16.IsSurrogate(r) {
		return 6
	}
	low, ok := hex4(t[6:])
	if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
		return 0
	}
	return 12
}

// hex4 reads \uXXXX at the start of t.
func hex4(t string) (rune, bool) {
	if len(t) < 6 || t[0] != '\\' || t[1] != 'u' {
		return 0, false
	}
	var r rune
	for i := 2; i < 6; i++ {
		c := t[i]
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unquote decodes a string literal that str accepted. Without escapes it is a slice
// of the input.
func unquote(lit string) (string, bool) {
	body := lit[1 : len(lit)-1]
	i := strings.IndexByte(body, '\\')
	if i < 0 {
		return body, true
	}
	var b strings.Builder
	for i >= 0 {
		b.WriteString(body[:i])
		n := escapeLen(body[i:])
		if n == 0 {
			return "", false
		}
		b.WriteRune(escaped(body[i : i+n]))
		body = body[i+n:]
		i = strings.IndexByte(body, '\\')
	}
	b.WriteString(body)
	return b.String(), true
}

func escaped(e string) rune {
	if e[1] != 'u' {
		return rune("\"\\/\b\f\n\r\t"[strings.IndexByte(`"\/bfnrt`, e[1])])
	}
	r, _ := hex4(e)
	if len(e) == 12 {
		low, _ := hex4(e[6:])
		return utf16.DecodeRune(r, low)
	}
	return r
}
