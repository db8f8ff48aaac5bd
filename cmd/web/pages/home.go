package pages

import "net/http"

// Home says what Usher is and leads to every page.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, page{at: "/", body: home()})
}

// call is one row of the table of calls: as it is written in Next.js, as it is written
// here, and where to see it.
type call struct{ Seed, Here, Path string }

var calls = []call{
	{"await auth()", "authctx.FromContext(ctx)", "/dashboard"},
	{"await currentUser()", "users.Current(ctx)", "/example"},
	{"greet by name", "users.Brief(ctx)", "/welcome"},
	{"await auth.protect()", "authctx.RequirePage()", "/dashboard"},
	{"auth.protect({ role })", "authctx.RequirePage(authctx.Role(…))", "/admin"},
	{"app/api/user/route.ts", "authctx.RequireAPI()", "/api/user"},
	{"getAuth(req), users.getUser(id)", "users.Get(ctx, auth.UserID())", "/api/auth"},
	{"buildClerkProps(req, { user })", "authctx.BuildAuthProps(ctx, …)", "/example"},
	{"useAuth()", "useAuth()", "/client/auth"},
	{"useUser()", "useUser()", "/client/user"},
	{"<SignedIn>, <SignedOut>", "@views.SignedIn(), @views.SignedOut()", "/welcome"},
	{"<Show when fallback>, <Protect>", "@views.Show(…), @views.Protect(…)", "/organization"},
}
