package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
)

// organizationRoutes lists the routes that people can open by creating an organization, with
// what their guards ask for. Guards say so when they are printed.
func organizationRoutes(routes chi.Routes) (found []string, err error) {
	err = chi.Walk(routes, func(method, route string, _ http.Handler, middlewares ...func(http.Handler) http.Handler) error {
		for _, m := range middlewares {
			if said := fmt.Sprint(m(http.NotFoundHandler())); strings.Contains(said, "of the active organization") {
				found = append(found, method+" "+route+" ("+strings.TrimPrefix(said, "guard: ")+")")
			}
		}
		return nil
	})
	slices.Sort(found)
	return slices.Compact(found), err
}

// guards names the routes whose pages must not show more than one organization.
func (d *checkup) guards() {
	found, err := organizationRoutes(new(app).routes())
	if err != nil {
		d.bad("Guards", err.Error(), "")
		return
	}
	for _, route := range found {
		d.note("Guards", route, "The page must show only what belongs to the active organization. It is not a page for the operators of the app.")
	}
}
