package web

import (
	"strings"
	"unicode"
)

// Digits is the digits in s as 0 to 9, whatever script they are typed in, and nothing else:
// people paste codes with blanks, dashes and a full stop behind them, and keyboards for other
// scripts have digits of their own.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return digit(r)
	}, s)
}

// digit is the ASCII digit of the same value, -1 for what is none. The digits of a script
// follow each other from zero on, and so do the ranges of the table.
func digit(r rune) rune {
	for _, block := range unicode.Nd.R16 {
		if rune(block.Lo) <= r && r <= rune(block.Hi) {
			return '0' + (r-rune(block.Lo))%10
		}
	}
	for _, block := range unicode.Nd.R32 {
		if lo, hi := int64(block.Lo), int64(block.Hi); lo <= int64(r) && int64(r) <= hi {
			return '0' + rune((int64(r)-lo)%10)
		}
	}
	return -1
}
