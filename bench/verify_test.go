package bench

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/pair"
)

// BenchmarkVerify sets what a token costs Usher beside the libraries' own parts: a token
// seen before (hit), one seen for the first time with every claim checked (miss), the same
// with golang-jwt, and the RSA operation alone.
func BenchmarkVerify(b *testing.B) {
	in := newInstance(b)
	cfg := authctx.Config{
		PublishableKey: in.PublishableKey().String(), JWTKey: in.JWTKeyPEM(), PublicOrigin: origin, AuthorizedParties: []string{origin},
	}
	block, _ := pem.Decode([]byte(in.JWTKeyPEM()))
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		b.Fatal(err)
	}
	public := parsed.(*rsa.PublicKey)
	b.Run("hit", func(b *testing.B) {
		auth := newAuth(b, cfg)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := auth.Verify(context.Background(), in.token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("miss", func(b *testing.B) {
		// One Authenticator for each token: nothing is remembered from one to the next. They
		// are made by hundreds, for stopping the timer costs more than verifying.
		var made []*authctx.Authenticator
		b.ReportAllocs()
		for b.Loop() {
			if len(made) == 0 {
				b.StopTimer()
				for range 200 {
					made = append(made, newAuth(b, cfg))
				}
				runtime.GC()
				b.StartTimer()
			}
			auth := made[len(made)-1]
			made = made[:len(made)-1]
			if _, err := auth.Verify(context.Background(), in.token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("golang-jwt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := jwt.Parse(in.token, func(*jwt.Token) (any, error) { return public, nil }, jwt.WithValidMethods([]string{"RS256"}))
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rsa", func(b *testing.B) {
		i := strings.LastIndexByte(in.token, '.')
		sum := sha256.Sum256([]byte(in.token[:i]))
		sig, err := base64.RawURLEncoding.DecodeString(in.token[i+1:])
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], sig) != nil {
				b.Fatal("signature")
			}
		}
	})
}

func newAuth(b *testing.B, cfg authctx.Config) *authctx.Authenticator {
	b.Helper()
	auth, err := authctx.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return auth
}

// TestCompareVerify prints what verifying a token costs, first seen and seen before, beside
// golang-jwt and the RSA operation alone: blocks of each in an order left to chance, because
// one after the other says little on a shared machine.
func TestCompareVerify(t *testing.T) {
	if *runFor == 0 {
		t.Skip("a measurement, not a check: run make bench")
	}
	const blocks, each = 12 * 20, 50
	v := newVerifying(t)
	var took [4][]float64 // microseconds for one, by block
	for range blocks {
		fresh := v.fresh(each)
		for _, k := range rand.Perm(len(took)) {
			start := pair.CPUTime()
			for i := range each {
				v.once(t, k, fresh[i])
			}
			took[k] = append(took[k], float64((pair.CPUTime()-start).Nanoseconds())/1000/each)
		}
	}
	share := func(k, of int) (out []float64) {
		for i := range blocks {
			out = append(out, took[k][i]/took[of][i])
		}
		return out
	}
	fmt.Printf("a token first seen: %s µs, %s times the RSA operation, %s times golang-jwt\n",
		pair.Quartiles(slices.Clone(took[miss])), quartiles(share(miss, bare)), quartiles(share(miss, library)))
	fmt.Printf("a token seen before: 1/%s of golang-jwt\n", pair.Quartiles(share(library, hit)))
}

// quartiles is [pair.Quartiles] with a digit more.
func quartiles(v []float64) string {
	slices.Sort(v)
	return fmt.Sprintf("%.2f (quartiles %.2f to %.2f)", v[len(v)/2], v[len(v)/4], v[len(v)*3/4])
}

const (
	hit = iota
	miss
	library
	bare
)

// verifying is one token and four ways to look at it.
type verifying struct {
	token  string
	cfg    authctx.Config
	warm   *authctx.Authenticator
	public *rsa.PublicKey
	sum    [sha256.Size]byte
	sig    []byte
}

func newVerifying(t *testing.T) *verifying {
	t.Helper()
	in := newInstance(t)
	v := &verifying{token: in.token, cfg: authctx.Config{
		PublishableKey: in.PublishableKey().String(), JWTKey: in.JWTKeyPEM(), PublicOrigin: origin, AuthorizedParties: []string{origin},
	}}
	block, _ := pem.Decode([]byte(in.JWTKeyPEM()))
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	v.public = parsed.(*rsa.PublicKey)
	i := strings.LastIndexByte(v.token, '.')
	v.sum = sha256.Sum256([]byte(v.token[:i]))
	if v.sig, err = base64.RawURLEncoding.DecodeString(v.token[i+1:]); err != nil {
		t.Fatal(err)
	}
	v.warm = v.fresh(1)[0]
	return v
}

// fresh are Authenticators that have seen nothing yet.
func (v *verifying) fresh(n int) (out []*authctx.Authenticator) {
	for range n {
		a, err := authctx.New(v.cfg)
		if err != nil {
			panic(err)
		}
		out = append(out, a)
	}
	return out
}

func (v *verifying) once(t *testing.T, way int, fresh *authctx.Authenticator) {
	t.Helper()
	var err error
	switch way {
	case hit:
		_, err = v.warm.Verify(context.Background(), v.token)
	case miss:
		_, err = fresh.Verify(context.Background(), v.token)
	case library:
		_, err = jwt.Parse(v.token, func(*jwt.Token) (any, error) { return v.public, nil }, jwt.WithValidMethods([]string{"RS256"}))
	case bare:
		err = rsa.VerifyPKCS1v15(v.public, crypto.SHA256, v.sum[:], v.sig)
	}
	if err != nil {
		t.Fatal(err)
	}
}
