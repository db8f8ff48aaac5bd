package pages

import "net/http"

// Organization shows the active organization, as the session token has it.
func (p *Pages) Organization(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, page{at: "/organization", body: organization()})
}
