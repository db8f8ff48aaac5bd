package pages

import "net/http"

// Dashboard shows what the session token says. The route is guarded:
//
//	r.With(authctx.RequirePage()).Get("/dashboard", pages.Dashboard)
func (p *Pages) Dashboard(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, page{at: "/dashboard", body: dashboard()})
}
