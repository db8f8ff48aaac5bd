package identity_test

import (
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
)

// I12: which spellings are one account.
func TestI12_Pairs(t *testing.T) {
	t.Parallel()
	type pair struct{ A, B, Expect, Note string }
	for _, p := range readVectors[pair](t, "identity_pairs.json") {
		if !strings.Contains(p.A, "@") {
			continue // user names are not enabled
		}
		t.Run(p.Note, func(t *testing.T) {
			t.Parallel()
			a, err := identity.NormalizeEmail(p.A)
			if err != nil {
				t.Fatalf("NormalizeEmail(%q): %v", p.A, err)
			}
			b, err := identity.NormalizeEmail(p.B)
			same, refused := a == b, err != nil
			ok := map[string]bool{"same": same && !refused, "same-or-refused": same || refused, "distinct-or-refused": !same || refused}[p.Expect]
			if !ok {
				t.Errorf("%q → %q, %q → %q (%v), want %s", p.A, a, p.B, b, err, p.Expect)
			}
		})
	}
}

func TestNormalizeEmail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ada.Lovelace+tag@Example.COM":  "ada.lovelace+tag@example.com",
		"o'brien_{x}@sub.example.co.uk": "o'brien_{x}@sub.example.co.uk",
		"ada@b\u00fccher.example":       "ada@xn--bcher-kva.example",
		"ZO\u00cb@example.com":          "zo\u00eb@example.com",
		"zoe\u0308@example.com":         "zo\u00eb@example.com",
		"":                              "",
		"@":                             "",
		"ada":                           "",
		"ada@":                          "",
		"@example.com":                  "",
		"ada@localhost":                 "ada@localhost", "ada@iana.123": "", "ada@1": "",
		"ada@example..com":                       "",
		"ada@-example.com":                       "",
		"ada@exam_ple.com":                       "",
		"ada@[192.0.2.1]":                        "",
		"ada@192.0.2.1":                          "",
		".ada@example.com":                       "",
		"ada.@example.com":                       "",
		"a..da@example.com":                      "",
		"a da@example.com":                       "",
		"ada,bob@example.com":                    "",
		"ada@example.com,bob@example.com":        "",
		"ada\r\nBcc: x@example.com":              "",
		"ada\x00@example.com":                    "",
		"ad\u00ada@example.com":                  "",
		"\u202eada@example.com":                  "",
		"\xff@example.com":                       "",
		strings.Repeat("a", 65) + "@example.com": "",
		"a@" + strings.Repeat("a", 64) + ".com":  "",
		"a@" + strings.Repeat("a.", 130) + "com": "",
	} {
		got, err := identity.NormalizeEmail(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("NormalizeEmail(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

// What the collection calls valid is accepted; no address of it is a problem.
func TestNormalizeEmailAgainstIsemail(t *testing.T) {
	t.Parallel()
	type vector struct{ Address, Category, Diagnosis string }
	for _, v := range readJSON[[]vector](t, "isemail.json") {
		got, err := identity.NormalizeEmail(v.Address)
		if valid := v.Category == "ISEMAIL_VALID_CATEGORY" || v.Category == "ISEMAIL_DNSWARN"; valid && err != nil {
			t.Errorf("NormalizeEmail(%q): %v, want %s accepted", v.Address, err, v.Diagnosis)
		}
		if v.Category == "ISEMAIL_ERR" && err == nil {
			t.Errorf("NormalizeEmail(%q) = %q, want %s refused", v.Address, got, v.Diagnosis)
		}
	}
}

func FuzzNormalizeEmail(f *testing.F) {
	for _, s := range []string{"ada@example.com", "ada@b\u00fccher.example", "zoe\u0308@x.de", "@", "a@b@c", "\u212a@x.de"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := identity.NormalizeEmail(s)
		if err != nil {
			return
		}
		if twice, err := identity.NormalizeEmail(once); err != nil || twice != once {
			t.Errorf("NormalizeEmail(%q) = %q, again %q, %v", s, once, twice, err)
		}
		if strings.Count(once, "@") != 1 || strings.ContainsAny(once, "\r\n\x00 ,;<>\"") {
			t.Errorf("NormalizeEmail(%q) = %q", s, once)
		}
	})
}
