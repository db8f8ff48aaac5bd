package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/e2e/internal/drive"
	"github.com/usherauth/usher/internal/peer"
)

// What the keys command prints is enough for another process: it verifies a session
// token without any network, and reads the user from the Backend API.
func TestKeysLetAnotherProcessVerifyAndRead(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	v := s.visitor()
	v.signUp(ada)
	token := v.cookie("__session")
	me, err := readClaims(token)
	if err != nil {
		t.Fatal(err)
	}
	keys := s.Keys()
	auth, err := authctx.New(authctx.Config{
		PublishableKey: keys["CLERK_PUBLISHABLE_KEY"], SecretKey: keys["CLERK_SECRET_KEY"], JWTKey: keys["CLERK_JWT_KEY"],
		PublicOrigin: s.Origin, AuthorizedParties: []string{s.Origin}, Transport: noNetwork{t},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := whoIs(auth, token); got != me.Subject {
		t.Errorf("verified as %q, want %q", got, me.Subject)
	}
	if got := whoIs(auth, token[:len(token)-6]+"AAAAAA"); got != "" {
		t.Errorf("a forged token was verified as %q", got)
	}
	if keys["CLERK_API_URL"] != s.Backend {
		t.Errorf("CLERK_API_URL=%s, want %s", keys["CLERK_API_URL"], s.Backend)
	}
	var user struct {
		ID        string `json:"id"`
		FirstName string `json:"first_name"`
	}
	a := s.backendCall(http.MethodGet, "/v1/users/"+me.Subject, keys["CLERK_SECRET_KEY"], "")
	if err := json.Unmarshal([]byte(a.Body), &user); err != nil || a.Status != http.StatusOK || user.ID != me.Subject || user.FirstName != "Ada" {
		t.Errorf("read the user: %v (%v)", a, err)
	}
	if a := s.backendCall(http.MethodGet, "/v1/users/"+me.Subject, "sk_live_wrong", ""); a.Status != http.StatusUnauthorized {
		t.Errorf("with a wrong secret key: %v, want 401", a)
	}
}

// whoIs returns the user id that a request with the token counts as.
func whoIs(auth *authctx.Authenticator, token string) (id string) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id = authctx.FromContext(r.Context()).UserID()
	})).ServeHTTP(httptest.NewRecorder(), r)
	return id
}

// noNetwork fails the test when somebody asks for anything.
type noNetwork struct{ t *testing.T }

func (n noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("asked for %s, want no network", r.URL)
	return nil, http.ErrServerClosed
}

// The keys are the same while the server runs and after it, and only their owner can
// read the files they are in (K07, V07).
func TestKeysStayAndStayPrivate(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	running := s.Keys()
	s.Terminate()
	if code := s.Wait(); code != 0 {
		t.Errorf("exit status %d, want 0", code)
	}
	stopped := s.Keys()
	for _, name := range []string{"CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "CLERK_JWT_KEY"} {
		if running[name] == "" || running[name] != stopped[name] {
			t.Errorf("%s is %q while running and %q after", name, running[name], stopped[name])
		}
	}
	err := filepath.WalkDir(s.Data, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, want nothing for others", strings.TrimPrefix(path, s.Data), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// The published JavaScript SDK accepts our tokens with our keys, and refuses others.
func TestThePublishedSDKVerifiesOurTokens(t *testing.T) {
	t.Parallel()
	node, err := peer.Node()
	drive.Present(t, err)
	drive.Present(t, peer.Install(t.Context(), "conformance"))
	s := startServer(t)
	v := s.visitor()
	v.signUp(ada)
	token := v.cookie("__session")
	me, err := readClaims(token)
	if err != nil {
		t.Fatal(err)
	}
	keys := s.Keys()
	cmd := exec.Command(node, "verify.mjs")
	cmd.Dir = "conformance"
	cmd.Env = append(os.Environ(),
		"CLERK_JWT_KEY="+keys["CLERK_JWT_KEY"], "CLERK_SECRET_KEY="+keys["CLERK_SECRET_KEY"], "CLERK_API_URL="+keys["CLERK_API_URL"],
		"CLERK_PUBLISHABLE_KEY="+keys["CLERK_PUBLISHABLE_KEY"], "TOKEN="+token, "ORIGIN="+s.Origin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got struct{ Networkless, ByKeySet, ByRequest, FirstName, Forged, OtherParty string }
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got.Networkless != me.Subject || got.ByKeySet != me.Subject || got.ByRequest != me.Subject || got.FirstName != "Ada" {
		t.Errorf("the SDK says %+v, want %s", got, me.Subject)
	}
	if got.Forged != "token-invalid-signature" || got.OtherParty != "token-invalid-authorized-parties" {
		t.Errorf("the SDK says %q of a forged token and %q of another party's", got.Forged, got.OtherParty)
	}
}
