package identity_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
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

// TestA9_NothingInvisibleIsDropped puts characters that show nothing, or pass for plain
// ones, into every part of an address.
func TestA9_NothingInvisibleIsDropped(t *testing.T) {
	t.Parallel()
	for _, r := range []rune{
		0x00ad, 0x034f, 0x061c, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x2000, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x202a, 0x202e,
		0x2060, 0x2061, 0x2064, 0x2065, 0x2066, 0x206f, 0x2800, 0x3000, 0x3164, 0xa0, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff0, 0xfff9,
		0x1bca0, 0x1d173, 0xe0001, 0xe0041, 0xe0100, 0xe01ef, 0xe0fff, 0x09, 0x7f, 0x85,
	} {
		for _, address := range []string{
			"ada@ex%ample.com", "ada@%example.com", "ada@example%.com", "ada@example.com%", "ada@example.%com", "ada@b\u00fc%cher.example",
			"a%da@example.com", "%ada@example.com", "ada%@example.com", "zo\u00eb%@example.com", "%@example.com", "ada@%.com",
		} {
			address = strings.ReplaceAll(address, "%", string(r))
			if got, err := identity.NormalizeEmail(address); err == nil {
				t.Errorf("NormalizeEmail(%q) = %q", address, got)
			}
		}
	}
	for _, address := range []string{
		"ada@example\uff0ecom", "ada@example\u3002com", "ada@example\uff61com", "ada\uff0eb@example.com", "ada\uff20example.com", "ada\uff0bb@example.com", "ada@ex\uff0dample.com",
		"a\u1fefb@example.com", "a\u037eb@example.com", "ada@example.\u2167",
		"ada@e\u24e7ample.com", "ada@\u2460.com", "ada@\ufb01x.com", "\ufb01x@example.com", "ada@\U0001d41axample.com", "ada@example.\u33c7", "ada@\u017fx.com",
		"ada@xn--example-\u00ad.com", "ada@xn--.com", "ada@xn--a.com",
	} {
		if got, err := identity.NormalizeEmail(address); err == nil {
			t.Errorf("NormalizeEmail(%q) = %q", address, got)
		}
	}
	for in, want := range map[string]string{
		"ada@B\u00dcCHER.example":                                         "ada@xn--bcher-kva.example",
		"ada@bu\u0308cher.example":                                        "ada@xn--bcher-kva.example",
		"ada@xn--bcher-kva.example":                                       "ada@xn--bcher-kva.example",
		"ada@stra\u00dfe.example":                                         "ada@xn--strae-oqa.example",
		"ada@\u4f8b\u3048.\u30c6\u30b9\u30c8":                             "ada@xn--r8jz45g.xn--zckzah",
		"\u0430\u0434\u0430@\u043f\u0440\u0438\u043c\u0435\u0440.example": "\u0430\u0434\u0430@xn--e1afmkfd.example",
		"ada@\u0645\u062b\u0627\u0644.example":                            "ada@xn--mgbh0fb.example",
		"\u212aelvin@example.com":                                         "kelvin@example.com",
		"\uff41da@\uff45xample.com":                                       "ada@example.com",
		"\u03a3@example.com":                                              "\u03c3@example.com",
	} {
		if got, err := identity.NormalizeEmail(in); got != want {
			t.Errorf("NormalizeEmail(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

// TestA9_EveryDoorRefusesThem signs up, signs in, invites and imports with such an address.
func TestA9_EveryDoorRefusesThem(t *testing.T) {
	t.Parallel()
	app, _ := newMailApp(t)
	ada := app.member("ada")
	org := ada.found("Acme")
	for _, address := range []string{"ada@ex\u200bample.com", "ada@example\uff0ecom", "a\u00adda@example.com"} {
		app.visitor().post("/v1/client/sign_ups", "email_address", address, "password", password).want(t, 422, wire.CodeParamFormatInvalid)
		for _, more := range [][]string{{"password", password}, {"strategy", "email_code"}, {"strategy", "reset_password_email_code"}, nil} {
			app.visitor().post("/v1/client/sign_ins", append([]string{"identifier", address}, more...)...).want(t, 422, wire.CodeParamFormatInvalid)
		}
		ada.post("/v1/me/email_addresses", "email_address", address).want(t, 422, wire.CodeParamFormatInvalid)
		ada.post("/v1/organizations/"+org.ID+"/invitations", "email_address", address, "role", "org:member").want(t, 422, wire.CodeParamFormatInvalid)
		app.backend("POST", "/v1/users", `{"email_address":["`+address+`"]}`).want(t, 422, wire.CodeParamFormatInvalid)
		app.backend("POST", "/v1/invitations", `{"email_address":"`+address+`"}`).want(t, 422, wire.CodeParamFormatInvalid)
		if list := decode[[]wire.User](t, app.backend("GET", "/v1/users?email_address="+url.QueryEscape(address), "").body); len(list) != 0 {
			t.Errorf("%q finds %d users", address, len(list))
		}
		lines := `{"usher_export":1}` + "\n" + `{"user":{"id":"user_x","email_addresses":[{"id":"idn_x","address":"` + address + `","verified":true}]}}`
		if result, err := app.Import(t.Context(), strings.NewReader(lines), identity.ImportOptions{}); err != nil || result.Refused["user"] != 1 {
			t.Errorf("import = %+v, %v", result, err)
		}
	}
	for _, name := range []string{"\u212aate", "ka\u00adte", "\uff4bate", "kate\u200b"} {
		app.backend("POST", "/v1/users", `{"username":"`+name+`"}`).want(t, 422, wire.CodeParamFormatInvalid)
	}
}
