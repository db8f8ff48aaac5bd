package web_test

import (
	"testing"
	"unicode"

	"github.com/usherauth/usher/internal/web"
)

func TestC6_Digits(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"017851": "017851", "017-851": "017851", " 017 851\t": "017851", "901775.": "901775", "０９０５７７": "090577",
		"٠١٧٨٥١": "017851", "۰۱۷۸۵۱": "017851", "०१७८५१": "017851", "𝟎𝟏𝟕𝟖𝟓𝟏": "017851", "017\u2011851\u200b": "017851",
		"code: 017851": "017851", "O17851": "17851", "": "", "abcdef": "", "½²①Ⅷ": "", "\xff1": "1", "１２３４５": "12345",
	} {
		if got := web.Digits(typed); got != want {
			t.Errorf("Digits(%+q) = %q, want %q", typed, got, want)
		}
	}
	// Every block has ten digits, zero first: the last of each is a nine.
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.IsDigit(r) && !unicode.IsDigit(r+1) && web.Digits(string(r)) != "9" {
			t.Errorf("%U is %q", r, web.Digits(string(r)))
		}
	}
}
