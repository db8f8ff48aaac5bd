package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usherauth/usher/authctx"
)

// An app on this library on another host, with nothing but the lines of the keys command
// and the address of the instance, signs people in as the published SDKs do there, with and
// without being called a satellite.
func TestB23_AnAppOnThisLibraryOnAnotherHost(t *testing.T) {
	t.Parallel()
	for name, satellite := range map[string]bool{"app": false, "satellite": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNeighbour(t, "127.0.0.1")
			n.welcome = "/welcome"
			n.moveTo("127.0.0.2")
			n.Start()
			keys := n.Keys()
			auth := elsewhereApp(t, keys, n.app, n.Origin, satellite)
			listener, err := net.Listen("tcp", strings.TrimPrefix(n.app, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewUnstartedServer(auth)
			_ = srv.Listener.Close()
			srv.Listener = listener
			srv.Start()
			t.Cleanup(srv.Close)

			v := n.visitor()
			v.signUp(ada)
			there := v.at(n.app)
			there.get("/welcome").wantSays(t, `You are ""`)
			a, way := v.arrive("/__clerk/v1/client/handshake?suffixed_cookies=true&format=nonce&redirect_url=" + url.QueryEscape(n.app+"/welcome"))
			a.wantSays(t, `You are "user_`)
			if address := way[len(way)-1]; strings.Contains(address, "__clerk_handshake") {
				t.Errorf("the address still holds the nonce: %s", address)
			}
			there.get("/dashboard").wantSays(t, "Dashboard of user_")
			// Somebody who is signed in at the instance, and comes to the app first.
			w := n.visitor()
			w.signUp(grace)
			b, _ := w.at(n.app).arrive("/dashboard")
			b.wantSays(t, "Dashboard of user_")
			// A link that somebody else got signs nobody in.
			replayed, _ := n.visitor().at(n.app).arrive(strings.TrimPrefix(way[1], n.app))
			replayed.wantSays(t, `You are ""`)
		})
	}
}

// elsewhereApp is an app at origin that knows the instance by its keys.
func elsewhereApp(t testing.TB, keys map[string]string, origin, instance string, satellite bool) http.Handler {
	t.Helper()
	auth, err := authctx.New(authctx.Config{
		PublishableKey: keys["CLERK_PUBLISHABLE_KEY"], SecretKey: keys["CLERK_SECRET_KEY"], APIURL: keys["CLERK_API_URL"],
		PublicOrigin: origin, AuthorizedParties: []string{origin}, ProxyURL: instance + "/__clerk", SignInURL: instance + "/sign-in",
		IsSatellite: satellite, Domain: map[bool]string{true: "app.example.net"}[satellite],
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/welcome", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "<!doctype html><body>You are %q</body>", authctx.FromContext(r.Context()).UserID())
	})
	mux.Handle("/dashboard", authctx.RequirePage()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "<!doctype html><body>Dashboard of %s</body>", authctx.FromContext(r.Context()).UserID())
	})))
	return auth.Handler(mux)
}
