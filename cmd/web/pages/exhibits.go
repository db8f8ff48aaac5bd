package pages

// exhibit describes one page: where it is, which call it shows, what it is made of.
type exhibit struct {
	Path, Nav, Title string
	Seed, Here       string // the call in Next.js and here; "" shows no source
	Note             string
	Denied           string // what a signed-in person without access is told
	Sources          []string
	Script           bool // needs the script that fills marked elements
}

var exhibits = []exhibit{
	{Path: "/", Title: "Signed-in state for server-rendered Go"},
	{
		Path: "/welcome", Nav: "Welcome", Title: "Welcome",
		Seed: "await currentUser()", Here: "users.Brief(ctx)",
		Note:    "The session token carries the name, so this page asks nobody. Where it does not, and for the whole user, there is users.Current(ctx): one call to the Backend API a request, however many components ask.",
		Sources: []string{"welcome.go", "welcome.templ"},
	},
	{
		Path: "/dashboard", Nav: "Dashboard", Title: "Dashboard",
		Seed: "await auth.protect()", Here: "r.With(authctx.RequirePage())",
		Note:    "Signed out, this address leads to sign-in and back again. Everything above was read from the session token: no request was made for it.",
		Sources: []string{"dashboard.go", "dashboard.templ"},
	},
	{
		Path: "/example", Nav: "Props", Title: "Auth props", Script: true,
		Seed: "buildClerkProps(ctx.req, { user })", Here: "authctx.BuildAuthProps(ctx, authctx.WithUser(u))",
		Note:    "The props are an allow-list of public fields. Private metadata has no place in them.",
		Sources: []string{"example.go", "example.templ"},
	},
	{
		Path: "/client/auth", Nav: "useAuth", Title: "useAuth", Script: true,
		Seed: "const { isLoaded, userId, getToken } = useAuth()", Here: "const auth = useAuth()",
		Note:    "The server writes the text that the store starts with, so nothing changes when the script arrives. The script is static/src/demo.ts.",
		Sources: []string{"client_auth.go", "client_auth.templ"},
	},
	{
		Path: "/client/user", Nav: "useUser", Title: "useUser", Script: true,
		Seed: "const { isLoaded, isSignedIn, user } = useUser()", Here: "const user = useUser()",
		Note:    "The server writes the text that the store starts with, so nothing changes when the script arrives. The script is static/src/demo.ts.",
		Sources: []string{"client_user.go", "client_user.templ"},
	},
	{
		Path: "/organization", Nav: "Organization", Title: "Organization",
		Seed: "const { orgId, orgRole } = await auth()", Here: "authctx.FromContext(ctx).OrgID()",
		Note:    "All of this was read from the session token, which has the permissions that its role gives in this organization. They are at most a minute old.",
		Sources: []string{"organization.go", "organization.templ"},
	},
	{
		Path: "/admin", Nav: "Admin", Title: "Admin",
		Seed: `await auth.protect({ role: "org:admin" })`, Here: `authctx.RequirePage(authctx.Role("org:admin"))`,
		Denied:  "This page is for admins (org:admin) of the active organization. Your session says that you are none.",
		Note:    "Everybody can create an organization and is its admin. So this page shows the active organization and nothing else.",
		Sources: []string{"admin.go", "admin.templ"},
	},
}

// exhibitAt is the exhibit at path, the zero exhibit for any other page.
func exhibitAt(path string) exhibit {
	for _, e := range exhibits {
		if e.Path == path {
			return e
		}
	}
	return exhibit{}
}
