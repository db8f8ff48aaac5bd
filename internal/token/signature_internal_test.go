package token

import (
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

func TestBase64URLSegments(t *testing.T) {
	t.Parallel()
	var file struct {
		Cases []struct {
			In, Hex, Note string
			Valid         bool
		}
	}
	load(t, "base64url.json", &file)
	for _, c := range file.Cases {
		got, err := DecodeSegment(c.In)
		if (err == nil) != c.Valid {
			t.Errorf("DecodeSegment(%q) error = %v, want valid %v (%s)", c.In, err, c.Valid, c.Note)
		}
		if c.Valid && hex.EncodeToString(got) != c.Hex {
			t.Errorf("DecodeSegment(%q) = %x, want %s", c.In, got, c.Hex)
		}
	}
}

type group struct {
	Comment         string
	Public, Private json.RawMessage
	Tests           []struct {
		TcID    int
		Comment string
		JWS     json.RawMessage
		Result  string
		Flags   []string
	}
}

// keyOf returns the first RSA key of a JWK or key set, the only kind that is ever used.
func keyOf(raw json.RawMessage) (Key, bool) {
	var set struct{ Keys []wire.JWK }
	var one wire.JWK
	_ = json.Unmarshal(raw, &set)
	if json.Unmarshal(raw, &one) == nil && one.Kty != "" {
		set.Keys = append(set.Keys, one)
	}
	for _, k := range set.Keys {
		n, err := DecodeSegment(k.N)
		e, err2 := DecodeSegment(k.E)
		if k.Kty != "RSA" || err != nil || err2 != nil {
			continue
		}
		key, err := NewKey(k.Alg, &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())})
		return key, err == nil
	}
	return Key{}, false
}

// compact is the signature layer without the rule that a payload is a JSON object, which
// these vectors do not follow.
func compact(jws string) (Token, bool) {
	head, body, sig, ok := split(jws)
	if !ok {
		return Token{}, false
	}
	h, err := decodeObject(head)
	if err != nil {
		return Token{}, false
	}
	header, ok := readHeader(h)
	_, bodyErr := DecodeSegment(body)
	signature, err := DecodeSegment(sig)
	return Token{Header: header, Signed: head + "." + body, Signature: signature}, ok && err == nil && bodyErr == nil
}

// TestJ28_Wycheproof: no invalid signature is ever accepted; valid ones of an allowed
// algorithm are.
func TestJ28_Wycheproof(t *testing.T) {
	t.Parallel()
	invalid, valid := 0, 0
	for _, name := range []string{"json_web_signature.json", "json_web_crypto.json", "json_web_key.json"} {
		var file struct{ TestGroups []group }
		load(t, name, &file)
		for _, g := range file.TestGroups {
			raw := g.Public
			if raw == nil {
				raw = g.Private
			}
			key, usable := keyOf(raw)
			for _, c := range g.Tests {
				var jws string
				if json.Unmarshal(c.JWS, &jws) != nil {
					jws = string(c.JWS)
				}
				tok, ok := compact(jws)
				ok = ok && usable && tok.VerifySignature(key) == nil
				switch {
				case c.Result == "invalid":
					invalid++
					if ok {
						t.Errorf("%s %s %d (%s): accepted, want refused", name, g.Comment, c.TcID, c.Comment)
					}
				case usable && strings.HasPrefix(tok.Header.Alg, "RS") && tok.Header.Alg == key.Alg:
					valid++
					if !ok {
						t.Errorf("%s %s %d (%s): refused, want accepted", name, g.Comment, c.TcID, c.Comment)
					}
				}
			}
		}
	}
	if invalid < 150 || valid < 3 {
		t.Fatalf("ran %d invalid and %d valid cases", invalid, valid)
	}
}

func TestParseIsOneSpelling(t *testing.T) {
	t.Parallel()
	const good = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"
	if _, err := Parse(good, 0); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"J07 empty":                   "",
		"J07 two segments":            "eyJhbGciOiJSUzI1NiJ9.e30",
		"J07 four segments":           good + ".",
		"J07 five segments":           good + ".AA.AA",
		"J07 detached payload":        "eyJhbGciOiJSUzI1NiJ9..AAAA",
		"J07 Bearer inside":           "Bearer " + good,
		"J07 trailing space":          good + " ",
		"J07 NUL":                     good + "\x00",
		"J07 flattened serialization": `{"payload":"e30"}`,
		"J08 padding":                 "eyJhbGciOiJSUzI1NiJ9.e30=.AAAA",
		"J08 standard alphabet":       "eyJhbGciOiJSUzI1NiJ9.e30.++++",
		"J08 trailing bits":           "eyJhbGciOiJSUzI1NiJ9.e31.AAB",
		"J08 CR in a segment":         "eyJhbGciOiJSUzI1NiJ9.e30.AA\rAA",
		"J08 LF in a segment":         "eyJhbGciOiJSUzI1NiJ9.e\n30.AAAA",
		"J13 too long":                good + strings.Repeat("A", MaxBytes),
	} {
		if _, err := Parse(s, 0); err == nil {
			t.Errorf("%s: Parse(%.40q) accepted", name, s)
		}
	}
}

func TestJ07_DotsAllocateNothing(t *testing.T) {
	dots := strings.Repeat(".", 8000)
	if n := testing.AllocsPerRun(100, func() { _, _ = Parse(dots, 0) }); n > 1 {
		t.Errorf("8000 dots: %v allocations, want at most 1", n)
	}
}

func TestNewKeyBounds(t *testing.T) {
	t.Parallel()
	of := func(bits uint, e int) *rsa.PublicKey {
		return &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: e}
	}
	for name, tt := range map[string]struct {
		alg string
		key *rsa.PublicKey
		ok  bool
	}{
		"K04 2048 bits":           {"", of(2048, 65537), true},
		"K04 1024 bits":           {"", of(1024, 65537), false},
		"K04 16384 bits":          {"", of(16384, 65537), false},
		"K04 exponent 1":          {"", of(2048, 1), false},
		"K04 even exponent":       {"", of(2048, 65536), false},
		"J03 PS256":               {"PS256", of(2048, 65537), false},
		"J02 HS256":               {"HS256", of(2048, 65537), false},
		"J03 rs256 in lower case": {"rs256", of(2048, 65537), false},
		"J03 RS512":               {"RS512", of(2048, 65537), true},
	} {
		if _, err := NewKey(tt.alg, tt.key); (err == nil) != tt.ok {
			t.Errorf("%s: error = %v, want usable %v", name, err, tt.ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("eyJhbGciOiJSUzI1NiJ9.e30.AAAA")
	f.Add(strings.Repeat(".", 50))
	f.Fuzz(func(t *testing.T, s string) {
		tok, err := Parse(s, 0)
		if err != nil {
			return
		}
		// One token has one spelling: what was taken apart goes together the same way.
		again := strict.EncodeToString([]byte(tok.Payload.Text())) + "." + strict.EncodeToString(tok.Signature)
		if !strings.HasSuffix(s, "."+again) {
			t.Fatalf("%q does not re-encode to itself", s)
		}
	})
}
