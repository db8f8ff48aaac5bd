package userclient_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

const adaRecord = `{"object":"user","id":"user_test","first_name":"Ada","primary_email_address_id":"idn_1",
	"email_addresses":[{"id":"idn_1","email_address":"ada@example.com"}],"private_metadata":{"x":"PRIVATE"}}`

func TestBrief(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts   []authtest.Option
		fail   bool
		want   wire.PublicUserData
		err    error
		failed bool
		calls  int64
	}{
		"signed out": {opts: []authtest.Option{authtest.SignedOut()}, err: authctx.ErrSignedOut},
		"a token with a name, API down": {
			opts: []authtest.Option{authtest.Claim("first_name", "Ada"), authtest.Claim("image_url", "https://i.example/a.png")}, fail: true,
			want: wire.PublicUserData{UserID: "user_test", FirstName: "Ada", ImageURL: "https://i.example/a.png", HasImage: true},
		},
		"a token with a last name only": {
			opts: []authtest.Option{authtest.Claim("last_name", "Lovelace")},
			want: wire.PublicUserData{UserID: "user_test", LastName: "Lovelace"},
		},
		"a token without a name": {
			want: wire.PublicUserData{UserID: "user_test", FirstName: "Ada", Identifier: "ada@example.com"}, calls: 1,
		},
		"a name that is no string": {
			opts: []authtest.Option{authtest.Claim("first_name", 7)},
			want: wire.PublicUserData{UserID: "user_test", FirstName: "Ada", Identifier: "ada@example.com"}, calls: 1,
		},
		"a token without a name, API down": {fail: true, failed: true, calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := ok(adaRecord)
			if tt.fail {
				step = status(http.StatusBadRequest)
			}
			upstream, calls := script(step)
			got, err := client(t, upstream).Users.Brief(authtest.Context(t, tt.opts...))
			if !errors.Is(err, tt.err) && !tt.failed || (err != nil) != (tt.err != nil || tt.failed) {
				t.Fatalf("error %v, want %v, failed %v", err, tt.err, tt.failed)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if n := calls.Load(); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestKnownAsksNobody(t *testing.T) {
	t.Parallel()
	upstream, calls := script(ok(adaRecord))
	users := client(t, upstream).Users
	for name, tt := range map[string]struct {
		opts []authtest.Option
		want bool
	}{
		"signed out":          {[]authtest.Option{authtest.SignedOut(), authtest.Claim("first_name", "Ada")}, false},
		"a token with a name": {[]authtest.Option{authtest.Claim("first_name", "Ada")}, true},
		"a token without":     {nil, false},
		"an empty name":       {[]authtest.Option{authtest.Claim("first_name", "")}, false},
	} {
		p, known := users.Known(authtest.Context(t, tt.opts...))
		if known != tt.want || known != (p.UserID == "user_test") {
			t.Errorf("%s: %+v, %v", name, p, known)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestBriefAllocatesNothingFromTheToken(t *testing.T) {
	upstream, _ := script(ok(adaRecord))
	c := client(t, upstream)
	ctx := authtest.Context(t, authtest.Claim("first_name", "Ada"))
	if n := testing.AllocsPerRun(100, func() { _, _ = c.Users.Brief(ctx) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
