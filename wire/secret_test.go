package wire_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

func TestV02_SecretShowsItselfToNobody(t *testing.T) {
	t.Parallel()
	const value = "sk_live_shown_to_nobody"
	secret := wire.NewSecret(value)
	type holder struct {
		Public  wire.Secret
		private wire.Secret
	}
	h := holder{secret, secret}
	encoded, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", secret, "holder", h, "list", []any{secret})
	shown := []string{string(encoded), log.String(), secret.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, secret), fmt.Sprintf(verb, &secret), fmt.Sprintf(verb, h), fmt.Sprintf(verb, []any{secret}))
	}
	for _, s := range shown {
		if strings.Contains(s, value) || strings.Contains(s, fmt.Sprintf("%x", value)) {
			t.Errorf("the secret is in %q", s)
		}
	}
	if secret.Reveal() != value || (wire.Secret{}).Reveal() != "" {
		t.Error("Reveal does not return what was hidden")
	}
}

func TestSecretEqualsItselfOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		secret wire.Secret
		given  string
		want   bool
	}{
		{wire.NewSecret("sk_1"), "sk_1", true},
		{wire.NewSecret("sk_1"), "sk_", false},
		{wire.NewSecret("sk_1"), "sk_12", false},
		{wire.NewSecret("sk_1"), "", false},
		{wire.NewSecret(""), "", false},
		{wire.Secret{}, "", false},
	} {
		if got := tt.secret.Equal(tt.given); got != tt.want {
			t.Errorf("%q.Equal(%q) = %v, want %v", tt.secret.Reveal(), tt.given, got, tt.want)
		}
	}
}
