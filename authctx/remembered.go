package authctx

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/usherauth/usher/wire"
)

// A verified token is remembered under its whole text until it expires. Only tokens that
// passed every check get in, so refused ones, however many, take no memory.
//
// A browser sends the same Cookie line again and again while its token lasts. A line that
// came twice in a row with a token that was verified is remembered with what was read from
// it: comparing it costs less than reading it. Where other cookies change with each
// request, nothing is gained and little lost: a hash of the line.

// tokenHash is the token's end: it belongs to its signature and is as good as a hash.
func tokenHash(tok string) uint64 {
	if len(tok) < 8 {
		return 0
	}
	return word(tok, len(tok)-8)
}

// remembered is the token as it was verified before, nil if it was not.
func (a *Authenticator) remembered(tok string) *verified {
	if tok == "" {
		return nil
	}
	return a.tokens.get(tokenHash(tok), tok)
}

func (a *Authenticator) remember(v *verified) {
	tok := v.auth.token
	a.tokens.put(entry[*verified]{hash: tokenHash(tok), text: tok, value: v, until: a.until(v), size: v.size()})
}

// until is the end of the token's use, the skew included.
func (a *Authenticator) until(v *verified) float64 { return v.exp + a.inst.skew.Seconds() }

func (v *verified) size() int { return 3*len(v.auth.token) + verifiedSize }

// forget is for a token whose key has been withdrawn.
func (a *Authenticator) forget(v *verified) {
	v.gone.Store(true)
	a.tokens.remove(tokenHash(v.auth.token), v)
}

// Lines of less are not worth remembering, and of more no browser sends.
const (
	minLine = 256
	maxLine = 8 << 10
)

// lineHash mixes octets from all over a line of at least minLine, which is enough to find it.
func lineHash(line string) uint64 {
	const parts, odd = 8, 0x9e3779b97f4a7c15
	hash, step := uint64(len(line)), (len(line)-8)/parts
	for i := range parts {
		hash = (hash ^ word(line, i*step)) * odd
		hash ^= hash >> 32
	}
	return (hash ^ word(line, len(line)-8)) * odd
}

// readCookies reads the lines of Cookie (RFC 6265 §5.4), or remembers what was read.
func (a *Authenticator) readCookies(c *cookies, lines []string) {
	if len(lines) != 1 || len(lines[0]) < minLine || len(lines[0]) > maxLine {
		a.parseCookies(c, lines)
		return
	}
	hash := lineHash(lines[0])
	if known := a.lines.get(hash, lines[0]); known != nil {
		if !known.known.gone.Load() {
			*c = *known
			return
		}
		a.lines.remove(hash, known)
	}
	a.parseCookies(c, lines)
	if c.known == nil || c.handshake != "" || c.nonce != "" { // which are for once
		return
	}
	if whole := maphash.String(a.lineSeed, lines[0]); c.known.line.Swap(whole) == whole {
		a.rememberLine(hash, lines[0])
	}
}

// rememberLine reads a copy of the line, for a header must not be kept alive.
func (a *Authenticator) rememberLine(hash uint64, line string) {
	line = strings.Clone(line)
	c := new(cookies)
	if a.parseCookies(c, []string{line}); c.known != nil {
		a.lines.put(entry[*cookies]{hash: hash, text: line, value: c, until: a.until(c.known), size: c.size(line)})
	}
}

// size counts the token, which may be kept by this alone, and cookies as if they had been
// percent-encoded, which makes copies of them.
func (c *cookies) size(line string) int {
	const overhead = 512 // cookies and an entry
	return overhead + len(line) + len(c.session) + len(c.devBrowser) + len(c.ownDevBrowser) + c.known.size()
}

func (a *Authenticator) parseCookies(c *cookies, lines []string) {
	var j jar
	for _, line := range lines {
		a.inst.fill(&j, line)
	}
	a.inst.choose(c, &j)
	a.recall(c)
	c.ordinary = c.known != nil && c.known.auth.status != wire.SessionPending &&
		c.uat != 0 && float64(c.uat) <= c.known.iat && c.handshake == "" && c.nonce == "" && (c.devBrowser != "" || a.inst.key.Live())
}

// recall looks whether the session's token was verified before. A remembered one is not
// percent-encoded, so looking it up comes before decoding, which costs more.
func (a *Authenticator) recall(c *cookies) {
	if c.known = a.remembered(c.session); c.known == nil {
		if plain := decoded(c.session); plain != c.session {
			c.session, c.known = plain, a.remembered(plain)
		}
	}
}

// kept is what changes about a verified token while it is remembered.
type kept struct {
	gone atomic.Bool              // its key has been withdrawn
	set  atomic.Pointer[snapshot] // the key set in which its key was found last
	line atomic.Uint64            // hash of the whole of the last Cookie line it came in
}
