package bench

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
	"github.com/usherauth/usher/internal/pair"
	"github.com/usherauth/usher/wire"
)

// desk is the embedded service on SQLite, asked without a network in between.
type desk struct {
	*identity.Service
	store identity.Store
	ahead atomic.Int64 // seconds by which its clock is ahead
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskIn(t, t.TempDir())
}

func newDeskIn(t *testing.T, dir string) *desk {
	t.Helper()
	store, err := sqlitestore.Open(context.Background(), sqlitestore.Config{Path: filepath.Join(dir, "usher.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	d := &desk{store: store}
	d.Service, err = identity.New(context.Background(), identity.Config{
		Store: store, PublicOrigin: origin, Limits: identity.Limits{Creations: -1, Attempts: -1, Backend: -1, Updates: -1},
		Now: func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load()) * time.Second) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// post sends a form as a browser with this Cookie field does.
func (d *desk) post(path, cookie string, form url.Values) *httptest.ResponseRecorder {
	req := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", origin)
	req.Header.Set("Cookie", cookie)
	rec := httptest.NewRecorder()
	d.Frontend().ServeHTTP(rec, req)
	return rec
}

func (d *desk) signUp(address string) *httptest.ResponseRecorder {
	return d.post("/v1/client/sign_ups", "", url.Values{"email_address": {address}, "password": {password}, "first_name": {"Ada"}})
}

func (d *desk) signIn(address string) *httptest.ResponseRecorder {
	return d.post("/v1/client/sign_ins", "", url.Values{"identifier": {address}, "password": {password}})
}

// openBrowser is a browser in which somebody is signed in.
type openBrowser struct{ session, cookie string }

// open signs somebody up in a new browser.
func (d *desk) open(t *testing.T, address string) (b openBrowser) {
	t.Helper()
	rec := d.signUp(address)
	var answer wire.Response[json.RawMessage]
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || answer.Client == nil {
		t.Fatalf("sign-up: %d %s", rec.Code, rec.Body)
	}
	for _, c := range rec.Result().Cookies() {
		if strings.HasPrefix(c.Name, wire.CookieClient+"_") && !strings.HasPrefix(c.Name, wire.CookieClientUAT) {
			b.cookie = c.Name + "=" + c.Value
		}
	}
	b.session = answer.Client.Sessions[0].ID
	return b
}

// rate is how often a second many clients together get work done, each waiting for its own.
func rate(t *testing.T, clients int, work func(client, turn int) error) float64 {
	t.Helper()
	var done atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for i := range clients {
		wg.Go(func() {
			for turn := 0; time.Since(start) < *runFor; turn++ {
				if err := work(i, turn); err != nil {
					t.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(start).Seconds()
}

func ok(rec *httptest.ResponseRecorder) error {
	if rec.Code != http.StatusOK {
		return fmt.Errorf("%d %.200s", rec.Code, rec.Body)
	}
	return nil
}

// TestService prints what an instance serves: token renewals beside the bare signature,
// sign-ins beside the bare hash, and sign-ups alone and 32 at a time.
func TestService(t *testing.T) {
	if *runFor == 0 {
		t.Skip("a measurement, not a check: run make bench")
	}
	d := newDesk(t)
	d.compareRenewals(t)
	d.compareSignIns(t)
	var one, many []float64
	var serial atomic.Int64
	signUp := func(int, int) error { return ok(d.signUp(fmt.Sprintf("up%d@example.com", serial.Add(1)))) }
	for range pairs {
		one, many = append(one, rate(t, 1, signUp)), append(many, rate(t, 32, signUp))
	}
	fmt.Printf("sign-ups/s, one client: %s; 32 clients: %s\n", pair.Quartiles(one), pair.Quartiles(many))
}

// compareRenewals sets renewals beside the signature that each of them needs. The signature is
// nine tenths of a renewal's processor time; three reads from SQLite are most of the rest, and
// once a minute somebody's activity is written, which waits for the disk.
func (d *desk) compareRenewals(t *testing.T) {
	t.Helper()
	const browsers = 8
	var open [browsers]openBrowser
	for i := range open {
		open[i] = d.open(t, fmt.Sprintf("renew%d@example.com", i))
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("a token"))
	var renewals, signatures, share []float64
	for range pairs {
		a := rate(t, browsers, func(i, _ int) error {
			d.ahead.Add(1) // tokens of one second would be signed once
			return ok(d.post("/v1/client/sessions/"+open[i].session+"/tokens", open[i].cookie, nil))
		})
		b := rate(t, runtime.GOMAXPROCS(0), func(int, int) error {
			_, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
			return err
		})
		renewals, signatures, share = append(renewals, a), append(signatures, b), append(share, a/b*100)
	}
	fmt.Printf("token renewals/s, %d browsers: %s; bare RSA signatures/s: %s; share %s %%\n",
		browsers, pair.Quartiles(renewals), pair.Quartiles(signatures), pair.Quartiles(share))
}

func (d *desk) compareSignIns(t *testing.T) {
	t.Helper()
	const clients = 8
	for i := range clients {
		if err := ok(d.signUp(fmt.Sprintf("in%d@example.com", i))); err != nil {
			t.Fatal(err)
		}
	}
	var ins, hashes, share []float64
	for range pairs {
		a := rate(t, clients, func(i, _ int) error { return ok(d.signIn(fmt.Sprintf("in%d@example.com", i))) })
		b := rate(t, runtime.GOMAXPROCS(0), func(int, int) error {
			argon2.IDKey([]byte(password), []byte("sixteen octets!!"), 2, 19<<10, 1, 32)
			return nil
		})
		ins, hashes, share = append(ins, a), append(hashes, b), append(share, a/b*100)
	}
	fmt.Printf("sign-ins/s, %d clients: %s; bare argon2id/s: %s; share %s %%\n", clients, pair.Quartiles(ins), pair.Quartiles(hashes), pair.Quartiles(share))
}
