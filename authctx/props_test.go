package authctx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

func decodeProps(t *testing.T, p authctx.Props) (state, top map[string]any) {
	t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &top); err != nil {
		t.Fatalf("props %s: %v", body, err)
	}
	state, _ = top["__clerk_ssr_state"].(map[string]any)
	return state, top
}

func TestBuildAuthPropsShapes(t *testing.T) {
	t.Parallel()
	state, _ := decodeProps(t, authctx.BuildAuthProps(authtest.Context(t, authtest.SignedOut())))
	want := map[string]any{"tokenType": "session_token", "isAuthenticated": false}
	for _, k := range []string{"sessionClaims", "sessionId", "sessionStatus", "userId", "actor", "orgId", "orgRole", "orgSlug", "orgPermissions", "factorVerificationAge"} {
		want[k] = nil
	}
	if d := cmp.Diff(want, state); d != "" {
		t.Errorf("signed out (-want +got):\n%s", d)
	}

	state, _ = decodeProps(t, authctx.BuildAuthProps(authtest.Context(t, authtest.Org("org_1", "org:admin", "org:docs:read"))))
	claims, _ := state["sessionClaims"].(map[string]any)
	if claims["sub"] != "user_test" {
		t.Errorf("claims %v", claims)
	}
	delete(state, "sessionClaims")
	want = map[string]any{
		"tokenType": "session_token", "isAuthenticated": true, "sessionId": "sess_test", "sessionStatus": "active",
		"userId": "user_test", "orgId": "org_1", "orgRole": "org:admin", "orgSlug": "test",
		"orgPermissions": []any{"org:docs:read"}, "factorVerificationAge": []any{0.0, -1.0},
	}
	if d := cmp.Diff(want, state); d != "" {
		t.Errorf("signed in (-want +got):\n%s", d)
	}
}

func TestBuildAuthPropsInstance(t *testing.T) {
	t.Parallel()
	got := ask(t, authtest.Config(t), authtest.NewRequest(t, "GET", "/"))
	_ = got
	a, err := authctx.New(authtest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	var top map[string]any
	handle(a, authtest.NewRequest(t, "GET", "/"), func(ctx context.Context) {
		_, top = decodeProps(t, authctx.BuildAuthProps(ctx))
	})
	if top["publishableKey"] != authtest.PublishableKey || top["cookieSuffix"] != suffix || top["proxyUrl"] != "/__clerk" || top["signInUrl"] != "/sign-in" {
		t.Errorf("props %v", top)
	}
}

func TestWithUserIsTheSignedInOne(t *testing.T) {
	t.Parallel()
	ctx := authtest.Context(t, authtest.User("user_1"))
	for name, tt := range map[string]struct {
		user *wire.User
		want bool
	}{
		"nil":                  {nil, false},
		"somebody else":        {&wire.User{ID: "user_2"}, false},
		"the signed-in person": {&wire.User{ID: "user_1", FirstName: "Ada"}, true},
	} {
		state, _ := decodeProps(t, authctx.BuildAuthProps(ctx, authctx.WithUser(tt.user)))
		if _, got := state["user"]; got != tt.want {
			t.Errorf("%s: user in props = %v, want %v", name, got, tt.want)
		}
	}
}

// TestV01_PropsAreAllowListed: of a user whose every field is set to a marker, only public
// ones get through.
func TestV01_PropsAreAllowListed(t *testing.T) {
	t.Parallel()
	var u wire.User
	marked := `{"object":"user","id":"user_test","external_id":"EXTERNAL","first_name":"Ada","banned":true,"locked":true,
		"private_metadata":{"x":"PRIVATE"},"unsafe_metadata":{"x":"UNSAFE"},"public_metadata":{"x":"PUBLIC"},
		"verification_attempts_remaining":7,"totp_enabled":true,"password_enabled":true,
		"email_addresses":[{"id":"idn_1","email_address":"ada@example.com","verification":{"status":"verified","strategy":"STRATEGY"}}],
		"primary_email_address_id":"idn_1"}`
	if err := json.Unmarshal([]byte(marked), &u); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(authctx.BuildAuthProps(authtest.Context(t), authctx.WithUser(&u)))
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{"PRIVATE", "UNSAFE", "EXTERNAL", "STRATEGY", "banned", "locked", "private", "unsafe", "attempts", "totp", "password"} {
		if bytes.Contains(bytes.ToLower(body), []byte(strings.ToLower(leak))) {
			t.Errorf("props contain %q: %s", leak, body)
		}
	}
	if !bytes.Contains(body, []byte(`"primaryEmailAddress":"ada@example.com"`)) || !bytes.Contains(body, []byte("PUBLIC")) {
		t.Errorf("props lack a public field: %s", body)
	}
}

// TestX01_Props pushes every hydration string through claims, names, metadata and JSON
// keys: nothing that could end or open an element stays unescaped, and it decodes to the
// same value.
func TestX01_Props(t *testing.T) {
	t.Parallel()
	var file struct{ Cases []struct{ Value string } }
	load(t, "hydration.json", &file)
	for _, c := range file.Cases {
		meta, err := json.Marshal(map[string]string{c.Value: c.Value})
		if err != nil {
			t.Fatal(err)
		}
		ctx := authtest.Context(t, authtest.Claim("x"+c.Value, c.Value))
		p := authctx.BuildAuthProps(ctx, authctx.WithUser(&wire.User{ID: "user_test", FirstName: wire.NullString(c.Value), PublicMetadata: meta}))
		body, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.IndexAny(body, "<>&\u2028\u2029"); i >= 0 {
			t.Errorf("%q: unescaped %q in %s", c.Value, body[i:i+3], body)
		}
		state, _ := decodeProps(t, p)
		user, _ := state["user"].(map[string]any)
		claims, _ := state["sessionClaims"].(map[string]any)
		metadata, _ := user["publicMetadata"].(map[string]any)
		if user["firstName"] != c.Value || metadata[c.Value] != c.Value || claims["x"+c.Value] != c.Value {
			t.Errorf("%q does not survive: %v %v %v", c.Value, user["firstName"], metadata, claims)
		}
	}
}

func TestPropsCarryNoToken(t *testing.T) {
	t.Parallel()
	ctx := authtest.Context(t)
	body, err := json.Marshal(authctx.BuildAuthProps(ctx))
	if err != nil || strings.Contains(string(body), authctx.FromContext(ctx).Token()[:40]) {
		t.Errorf("props hold the token (%v): %s", err, body)
	}
}
