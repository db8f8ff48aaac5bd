package views_test

import (
	"context"
	"fmt"
	"os"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/views"
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
