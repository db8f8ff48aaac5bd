package pages

import "net/http"

// Admin is for admins of the active organization and shows nothing of any other: everybody
// can create an organization and is its admin. The route is guarded:
//
//	r.With(authctx.RequirePage(authctx.Role("org:admin"))).Get("/admin", pages.Admin)
func (p *Pages) Admin(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, page{at: "/admin", body: admin()})
}
