package identity_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/memstore"
	"github.com/usherauth/usher/wire"
)

// BenchmarkSessionToken is what every open page costs every 43 seconds.
func BenchmarkSessionToken(b *testing.B) {
	svc, err := identity.New(context.Background(), identity.Config{Store: memstore.New(), PublicOrigin: origin, PurgeInterval: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = svc.Close() }()
	send := func(target, cookie, body string) *http.Response {
		r := httptest.NewRequest("POST", target, strings.NewReader(body))
		r.Header.Set("Content-Type", formType)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		svc.Frontend().ServeHTTP(w, r)
		return w.Result()
	}
	up := send("/v1/client/sign_ups", "", encode([]string{"email_address", "ada@example.com", "password", password}))
	cookie := clientName() + "="
	for _, c := range up.Cookies() {
		if c.Name == clientName() {
			cookie += c.Value
		}
	}
	var page []wire.Session
	r := httptest.NewRequest("GET", "/v1/sessions?status=active", nil)
	r.Header.Set("Authorization", "Bearer "+svc.SecretKey().Reveal())
	w := httptest.NewRecorder()
	svc.Backend().ServeHTTP(w, r)
	if page = decode[[]wire.Session](b, w.Body.String()); len(page) != 1 {
		b.Fatalf("sessions: %s", w.Body)
	}
	var access identity.Access
	for i := range 20 {
		key := "org:invoices:do_" + decimal(i)
		access.Permissions = append(access.Permissions, identity.AccessItem{Key: key, Name: "Do"})
	}
	if err := svc.SetAccess(context.Background(), access); err != nil {
		b.Fatal(err)
	}
	made := send("/v1/organizations", cookie, "name=Acme")
	var org wire.Response[wire.Organization]
	if err := json.NewDecoder(made.Body).Decode(&org); err != nil || org.Response.ID == "" {
		b.Fatal(made.Status, err)
	}
	for _, tt := range []struct{ name, form string }{{"personal", ""}, {"organization", "organization_id=" + org.Response.ID}} {
		b.Run(tt.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if resp := send("/v1/client/sessions/"+page[0].ID+"/tokens", cookie, tt.form); resp.StatusCode != 200 {
					b.Fatal(resp.Status)
				}
			}
		})
	}
}
