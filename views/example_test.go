package views_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/views"
	"github.com/usherauth/usher/wire"
)

// In a template this reads
//
//	@views.Show(authctx.Role("org:admin"), views.Fallback(sorry())) { … }
func ExampleShow() {
	block := templ.WithChildren(context.Background(), word("the accounts"))
	sorry := views.Fallback(word("for admins only"))
	if err := views.Show(authctx.Role("org:admin"), sorry).Render(block, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output: for admins only
}

// The head of a page hands the browser what the server knows.
func ExampleAuthProps() {
	ctx := context.Background() // of a request, in a handler
	if err := views.AuthProps(authctx.BuildAuthProps(ctx)).Render(ctx, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output: <script type="application/json" data-auth-props>{"__clerk_ssr_state":{"tokenType":"session_token","sessionClaims":null,"sessionId":null,"sessionStatus":null,"userId":null,"actor":null,"orgId":null,"orgRole":null,"orgSlug":null,"orgPermissions":null,"factorVerificationAge":null,"isAuthenticated":false}}</script>
}

// Protect decides what is rendered, after the handler ran: what the handler did for the
// page has been done for everybody. The route wants authctx.RequirePage in front, and
// then Protect inside it is for parts of a page only.
func ExampleProtect_incorrect() {
	handler := func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("read the accounts") // for whom?
		children := templ.WithChildren(r.Context(), word("the accounts"))
		_ = views.Protect(authctx.Role("org:admin")).Render(children, w)
	}
	stranger := httptest.NewRecorder()
	handler(stranger, httptest.NewRequest(http.MethodGet, "/accounts", http.NoBody))
	fmt.Printf("%d %q\n", stranger.Code, stranger.Body)
	// Output:
	// read the accounts
	// 200 ""
}

// A page about Grace is read by Ada. The props say who reads, so Grace is left out of
// them: her name does not become Ada's in useUser. What a page shows of other people is
// an argument of its component.
func ExampleAuthProps_incorrect() {
	asAda := signedIn(new(testing.T))
	for _, u := range []*wire.User{ada(), {ID: "user_grace", FirstName: "Grace"}} {
		var head strings.Builder
		if err := views.AuthProps(authctx.BuildAuthProps(asAda, authctx.WithUser(u))).Render(asAda, &head); err != nil {
			fmt.Println(err)
		}
		fmt.Println(u.FirstName, strings.Contains(head.String(), string(u.FirstName)))
	}
	// Output:
	// Ada true
	// Grace false
}
