package authctx_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// FuzzMachineToken presents anything as a token where every kind is accepted, to a service
// that knows none: nobody is authenticated, nothing panics, and the service is only asked
// about what could be a token of its own.
func FuzzMachineToken(f *testing.F) {
	header := object{"alg": "RS256", "kid": "i"}
	for _, seed := range []string{
		"", "ak_1", "mt_1", "oat_1", "ak_", "AK_1", "ak_\x00", "a.b.c", "ak_.mt_.oat_",
		secondKey().sign(f, header, m2mClaims()), secondKey().sign(f, object{"alg": "RS256", "typ": "at+jwt"}, oauthClaims()),
	} {
		f.Add(seed)
	}
	s := &machineService{answer: func(c machineCall) (int, string) {
		if strings.Trim(c.token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=") != "" {
			return http.StatusOK, `{"id":"i","subject":"user_1"}` // fails the test
		}
		return refuses(c)
	}}
	cfg := machineConfig(f, s, wire.TokenAny)
	cfg.JWTKey = firstKey().pem
	var minutes atomic.Int64
	cfg.Now = func() time.Time { return machineNow.Add(time.Duration(minutes.Add(1)) * time.Minute) } // so that no call is too many
	a := mustNew(f, cfg)
	f.Fuzz(func(t *testing.T, tok string) {
		req := &http.Request{Method: http.MethodGet, Header: http.Header{"Authorization": {"Bearer " + tok}}}
		req = req.WithContext(t.Context())
		req.URL = rootURL
		if got := a.Authenticate(req); got.Auth.TokenType() != "" || got.Status == wire.StatusSignedIn {
			t.Errorf("%q authenticates as %q", tok, got.Auth.TokenType())
		}
	})
}

// FuzzMachineAnswer has the service say anything of a key: it is believed only when it is
// one object that names the key and its subject and calls it neither revoked nor expired.
func FuzzMachineAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"id":"i","subject":"user_1"}`, `{"id":"i","subject":"user_1","revoked":true}`, `{"id":"i","subject":"user_1","expiration":1}`,
		`{}`, `[]`, `null`, `{"id":"i","id":"j","subject":"s"}`, `{"id":"i","subject":"org_1","claims":{"a":[1]},"scopes":["x"]}`, "\xff", `{"id":"i","subject":"s","expiration":1e400}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := &machineService{answer: func(machineCall) (int, string) { return http.StatusOK, body }}
		got := accepting(t, s, wire.TokenAPIKey).Authenticate(withToken(t, "ak_1")).Auth
		m := got.Machine()
		if m == nil {
			return
		}
		var said map[string]any // another parser has to agree, but for numbers of any size
		other := json.NewDecoder(strings.NewReader(body))
		other.UseNumber()
		err := other.Decode(&said)
		if _, rest := other.Token(); err != nil || rest != io.EOF || said["id"] != m.ID || said["subject"] != m.Subject || m.ID == "" || m.Subject == "" {
			t.Errorf("%q is believed: %+v, %v", body, m, err)
		}
		for _, name := range []string{"revoked", "expired", "deleted"} {
			if said[name] != nil && said[name] != false {
				t.Errorf("%q is believed", body)
			}
		}
	})
}
