package wire_test

import (
	"testing"

	"github.com/usherauth/usher/wire"
)

func TestC7_NamesThatNobodySees(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "   ", "\u200f", "\u202e", "\u00a0\u2003\u3000", "\u200b\ufeff\u2060", "\u3164", "\uffa0", "\u115f\u1160", "\u2800", "\u0301", "\u00ad", "\ufe0f", "\U000e0041"} {
		if wire.Shows(s) {
			t.Errorf("%+q is taken for a name", s)
		}
	}
	for _, s := range []string{"Ada", " a ", "\u05d0", "\u200fא", "李", "é", "-", "😀", "5", "\u202eeve"} {
		if !wire.Shows(s) {
			t.Errorf("%+q is taken for no name", s)
		}
	}
	u := wire.User{FirstName: "\u200f", LastName: "Lovelace"}
	if got := u.FullName(); got != "Lovelace" {
		t.Errorf("full name %+q", got)
	}
	if got := (&wire.User{FirstName: "  ", LastName: "\u3164"}).FullName(); got != "" {
		t.Errorf("full name %+q", got)
	}
}

func TestC7_NamesStayApartFromTheSentence(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"Ada Lovelace": "Ada Lovelace", "Zoë": "Zoë", "李": "李", "": "",
		"\u202eeve":             "\u2068\u202eeve\u2069",
		"x\u2069\u202eeve":      "\u2068x\u202eeve\u2069",
		"\u2067x":               "\u2068x\u2069",
		"אדה":                   "\u2068אדה\u2069",
		"\U0001e900":            "\u2068\U0001e900\u2069",
		"a\u200f":               "\u2068a\u200f\u2069",
		"\u0661":                "\u2068\u0661\u2069", // an Arabic digit
		"\u2066\u2068\u2069Ada": "\u2068Ada\u2069",
	} {
		if got := wire.Isolated(s); got != want {
			t.Errorf("Isolated(%+q) = %+q, want %+q", s, got, want)
		}
	}
}
