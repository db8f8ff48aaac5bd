package wire

import (
	"strings"
	"unicode"
)

// Shows reports text that leaves a mark. Blanks, marks without a letter and characters that
// nobody sees do not: a name of these would look like none.
func Shows(s string) bool { return strings.ContainsFunc(s, visible) }

func visible(r rune) bool {
	const blankBraille = '\u2800'
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && r != blankBraille &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) // fillers of Hangul are letters
}

// Isolated is text from people for the middle of a sentence that is not HTML, where <bdi> is
// right. Letters that are written from right to left, and characters that turn the direction,
// do not reach the words around it (UAX #9 §2.4). Text without any is returned as it is.
func Isolated(s string) string {
	if !strings.ContainsFunc(s, turns) {
		return s
	}
	const firstStrongIsolate, popIsolate = "\u2068", "\u2069"
	return firstStrongIsolate + Contained(s) + popIsolate
}

// Contained is text from people for inside <bdi>, without the characters that begin or end an
// isolate: browsers let a lone one end the element's own.
func Contained(s string) string {
	return strings.Map(func(r rune) rune {
		if '\u2066' <= r && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
}

// turns reports characters that are written from right to left, in assigned and in reserved
// blocks (DerivedBidiClass.txt), and those that change the direction.
func turns(r rune) bool {
	return unicode.Is(unicode.Bidi_Control, r) ||
		'\u0590' <= r && r <= '\u08ff' || '\ufb1d' <= r && r <= '\ufdff' || '\ufe70' <= r && r <= '\ufeff' ||
		0x10800 <= r && r <= 0x10fff || 0x1e800 <= r && r <= 0x1efff
}
