package main

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// keys examines the key set, and whether the keys of the configuration belong together:
// the secret key decides what the Backend API publishes, the publishable key what the
// Frontend API does.
func (d *checkup) keys(p *patient, backend, frontend *fetched) {
	own, their := d.keySet("Backend API", backend), d.keySet("Frontend API", frontend)
	set, from := own, backend
	if set == nil {
		set, from = their, frontend
	}
	if set == nil {
		return
	}
	d.strength(set, from)
	if own != nil && their != nil {
		if slices.ContainsFunc(own, func(k wire.JWK) bool { return published(their, k) }) {
			d.ok("Keys", "the secret key and the publishable key belong to the same instance")
		} else {
			d.bad("Keys", "the secret key and the publishable key belong to different instances: their APIs publish different keys", "Copy both from the same instance's dashboard.")
		}
	}
	if p.pem != "" {
		d.configuredKey(p.pem, set)
	}
}

// keySet reads an answer; nil was not there or is no key set.
func (d *checkup) keySet(api string, f *fetched) []wire.JWK {
	if f == nil {
		return nil
	}
	var set wire.JWKS
	if err := json.Unmarshal(f.body, &set); err != nil {
		d.bad("Key set", "what the "+api+" publishes is not a key set", "Check what answers at its address.")
		return nil
	}
	if len(set.Keys) == 0 {
		d.bad("Key set", "the "+api+" publishes no key, so no token can be verified", "Look at the instance's signing keys.")
		return nil
	}
	return set.Keys
}

// strength lists the keys, and those that cannot verify tokens.
func (d *checkup) strength(set []wire.JWK, f *fetched) {
	var usable []string
	for _, k := range set {
		public, err := publicRSA(k)
		if err == nil {
			_, err = token.NewKey(k.Alg, public)
		}
		if err != nil {
			d.bad("Key set", fmt.Sprintf("%.64q is not used: %v", k.Kid, err), "Replace it at the instance; tokens signed with it are refused.")
			continue
		}
		usable = append(usable, fmt.Sprintf("%.64q (RSA, %d bits)", k.Kid, public.N.BitLen()))
	}
	if len(usable) > 0 {
		d.ok("Key set", "%d usable: %s; %s", len(usable), strings.Join(usable, ", "), freshness(f))
	}
}

// freshness says how old the answer is: a cache on the way says so in Age (RFC 9111 §5.1).
func freshness(f *fetched) string {
	age, err := time.ParseDuration(f.header.Get("Age") + "s")
	if err != nil || age <= 0 {
		return "fetched now"
	}
	return fmt.Sprintf("%v old, from a cache on the way", age)
}

func publicRSA(k wire.JWK) (*rsa.PublicKey, error) {
	if k.Kty != "RSA" {
		return nil, errors.New("it is not an RSA key")
	}
	n, err := token.DecodeSegment(k.N)
	if err != nil {
		return nil, errors.New("its modulus cannot be read")
	}
	e, err := token.DecodeSegment(k.E)
	if err != nil || len(e) == 0 || len(e) > 4 {
		return nil, errors.New("its exponent cannot be read")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}

func published(set []wire.JWK, key wire.JWK) bool {
	return slices.ContainsFunc(set, func(k wire.JWK) bool { return k.Kid == key.Kid && k.N == key.N && k.E == key.E })
}

// configuredKey compares CLERK_JWT_KEY with what the instance publishes.
func (d *checkup) configuredKey(text string, set []wire.JWK) {
	const what = "CLERK_JWT_KEY"
	block, _ := pem.Decode([]byte(strings.TrimSpace(strings.ReplaceAll(text, `\n`, "\n")) + "\n"))
	if block == nil {
		d.bad(what, "is not in PEM form", "Copy the public key again from the dashboard.")
		return
	}
	var own *rsa.PublicKey
	if parsed, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
		own, _ = parsed.(*rsa.PublicKey)
	} else if own, err = x509.ParsePKCS1PublicKey(block.Bytes); err != nil {
		own = nil
	}
	for _, k := range set {
		if public, err := publicRSA(k); err == nil && own != nil && own.Equal(public) {
			d.ok(what, "is the published key %.64q", k.Kid)
			return
		}
	}
	d.bad(what, "is not among the keys that the instance publishes: its tokens are refused", "Copy it again from the dashboard, or leave it out to have keys fetched.")
}
