package identity_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// TestA3_ResultsNameTheirAppBrowserAndEnd: also that of a browser in which nobody is signed
// in, and also where the app sent no digest of the browser's cookies.
func TestA3_ResultsNameTheirAppBrowserAndEnd(t *testing.T) {
	t.Parallel()
	app := newAppWithNeighbour(t)
	for digest, want := range map[string]string{"&" + wire.ParamHandshakeBinding + "=abc": "abc", "": ""} {
		v := app.visitor()
		a := v.get(handshakeTo(elsewhere+"/p") + digest)
		a.want(t, 307, "")
		target, err := url.Parse(a.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		got := decode[wire.HandshakePayload](t, payloadOf(t, target.Query().Get("__clerk_handshake")))
		if got.Aud != elsewhere || got.Bnd == nil || *got.Bnd != want || got.Exp-got.Iat > int64(time.Minute/time.Second) || got.Iat == 0 {
			t.Errorf("signed out, digest %q: %+v", digest, got)
		}
	}
	v := app.visitor()
	v.signUp("ada@example.com").want(t, 200, "")
	a := v.get(handshakeTo(elsewhere+"/p") + "&" + wire.ParamHandshakeBinding + "=abc")
	target, err := url.Parse(a.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	b := app.backend("GET", "/v1/clients/handshake_payload?nonce="+target.Query().Get("__clerk_handshake_nonce"), "")
	b.want(t, 200, "")
	if got := decode[wire.HandshakeDirectives](t, b.body); got.Aud != elsewhere || got.Bnd == nil || *got.Bnd != "abc" {
		t.Errorf("signed in: %+v", got)
	}
}

// TestA2_TwoClientCookiesSignNobodyOut: a handshake with a neighbor's cookie beside the
// genuine one changes nothing.
func TestA2_TwoClientCookiesSignNobodyOut(t *testing.T) {
	t.Parallel()
	app := newAppWithNeighbour(t)
	mine, planted := app.visitor(), app.visitor()
	mine.signUp("mine@example.com")
	planted.signUp("planted@example.com")
	for _, target := range []string{origin + "/p", elsewhere + "/p"} {
		v := app.visitor()
		v.header.Set("Cookie", clientName()+"="+planted.cookies[clientName()]+"; "+clientName()+"="+mine.cookies[clientName()])
		a := v.get(handshakeTo(target))
		a.want(t, 307, "")
		if a.Header.Get("Location") != target || len(a.Header["Set-Cookie"]) != 0 {
			t.Errorf("to %q with %q", a.Header.Get("Location"), a.Header["Set-Cookie"])
		}
	}
}
