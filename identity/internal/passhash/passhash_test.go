package passhash_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity/internal/passhash"
)

// I01: tags of an independent library.
func TestI01_Argon2idVectors(t *testing.T) {
	t.Parallel()
	type vector struct {
		Password string `json:"password_utf8"`
		Salt     string `json:"salt_hex"`
		Tag      string `json:"tag_hex"`
		T        uint32
		M        uint32 `json:"m_kib"`
		P        uint8
	}
	raw, err := os.ReadFile("testdata/argon2id.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Cases) == 0 {
		t.Fatalf("%d cases, %v", len(file.Cases), err)
	}
	for _, v := range file.Cases {
		salt, err := hex.DecodeString(v.Salt)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(passhash.Derive(v.Password, salt, passhash.Params{Memory: v.M, Time: v.T, Threads: v.P}, len(v.Tag)/2)); got != v.Tag {
			t.Errorf("tag of %q = %s, want %s", v.Password, got, v.Tag)
		}
	}
}

func TestI01_StoredForm(t *testing.T) {
	t.Parallel()
	a, b := passhash.Hash("x"), passhash.Hash("x")
	if !strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$") || a == b {
		t.Errorf("hashes %q and %q, want current parameters and two salts", a, b)
	}
	parts := strings.Split(a, "$")
	if len(parts[4]) != 22 || len(parts[5]) != 43 {
		t.Errorf("hash %q, want 16 octets of salt and 32 of tag", a)
	}
	for _, bad := range []string{
		"", "x", "$argon2i$v=19$m=19456,t=2,p=1$" + parts[4] + "$" + parts[5],
		strings.Replace(a, "v=19", "v=16", 1), strings.Replace(a, "m=19456", "m=4194304", 1), strings.Replace(a, "t=2", "t=0", 1),
		strings.Replace(a, "p=1", "p=1,x=2", 1), a + "$", a[:len(a)-1] + "=", strings.Replace(a, "$m=", "$ m=", 1),
	} {
		if match, _ := passhash.Verify(bad, "x"); match {
			t.Errorf("%q matches", bad)
		}
	}
}
