package conformance

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"sync"
)

// Names of keys, which are the kids of tokens signed with them.
const (
	keyGood     = "ins_1" // published, RS256
	keySecond   = "ins_2" // published for RS512
	keyAttacker = "ins_x" // not published
)

// keyring holds the keys of one run and everything signed with them: signing is what takes
// most of the time here, and the same tokens come again and again.
type keyring struct {
	keys map[string]*rsa.PrivateKey
	pem  string
	jwks string

	mu     sync.Mutex
	signed map[string]string
	made   map[string][2]string // token to the key and the algorithm that signed it
}

func newKeyring() (*keyring, error) {
	k := &keyring{keys: map[string]*rsa.PrivateKey{}, signed: map[string]string{}, made: map[string][2]string{}}
	for _, kid := range []string{keyGood, keySecond, keyAttacker} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		k.keys[kid] = key
	}
	der, err := x509.MarshalPKIXPublicKey(k.keys[keyGood].Public())
	if err != nil {
		return nil, err
	}
	k.pem = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	raw, err := json.Marshal(map[string]any{"keys": []any{k.jwk(keyGood, "RS256"), k.jwk(keySecond, "RS512")}})
	k.jwks = string(raw)
	return k, err
}

func (k *keyring) jwk(kid, alg string) map[string]string {
	public := k.keys[kid].PublicKey
	return map[string]string{
		"use": "sig", "kty": "RSA", "kid": kid, "alg": alg,
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}
}

// token signs head and body, both JSON text, with the key called kid. alg says how, whatever
// the header says.
func (k *keyring) token(kid, alg, head, body string) string {
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(head)) + "." + enc.EncodeToString([]byte(body))
	id := kid + " " + alg + " " + input
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.signed[id] == "" {
		k.signed[id] = input + "." + enc.EncodeToString(k.sign(kid, alg, input))
		k.made[k.signed[id]] = [2]string{kid, alg}
	}
	return k.signed[id]
}

func (k *keyring) sign(kid, alg, input string) []byte {
	var sig []byte
	var err error
	key := k.keys[kid]
	switch alg {
	case "none":
		return nil
	case "HS256": // keyed with what everybody knows (J02)
		mac := hmac.New(sha256.New, []byte(k.pem))
		mac.Write([]byte(input))
		return mac.Sum(nil)
	case "PS256":
		sum := sha256.Sum256([]byte(input))
		sig, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], nil)
	case "RS384":
		sum := sha512.Sum384([]byte(input))
		sig, err = rsa.SignPKCS1v15(nil, key, crypto.SHA384, sum[:])
	case "RS512":
		sum := sha512.Sum512([]byte(input))
		sig, err = rsa.SignPKCS1v15(nil, key, crypto.SHA512, sum[:])
	default:
		sum := sha256.Sum256([]byte(input))
		sig, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	}
	if err != nil {
		panic(err) // the keys are good and the hashes available
	}
	return sig
}

// member is one name of a JSON object with its value as JSON text.
type member struct{ name, value string }

// object is a JSON object whose members keep their order and may repeat.
type object []member

func (o object) String() string {
	words := make([]string, 0, len(o))
	for _, m := range o {
		name, err := json.Marshal(m.name)
		if err != nil {
			panic(err) // a string always encodes
		}
		words = append(words, string(name)+":"+m.value)
	}
	return "{" + strings.Join(words, ",") + "}"
}

// set replaces the member called name, or adds it; value "" removes it.
func (o *object) set(name, value string) {
	for i, m := range *o {
		if m.name != name {
			continue
		}
		if value == "" {
			*o = append((*o)[:i:i], (*o)[i+1:]...)
		} else {
			(*o)[i].value = value
		}
		return
	}
	if value != "" {
		*o = append(*o, member{name, value})
	}
}

func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(raw)
}
