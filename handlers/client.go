package handlers

import (
	"net/http"
	"net/netip"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/usherauth/usher/internal/fapi"
)

// clientAddress is the address that the Frontend API is told; the zero Addr is unknown.
func (h *Handlers) clientAddress(r *http.Request) netip.Addr {
	if len(h.cfg.TrustedProxies) == 0 && h.cfg.ClientAddress == nil {
		// Only the app's own middleware can have put it there.
		if ip := middleware.GetClientIPAddr(r.Context()); ip.IsValid() {
			return ip.Unmap().WithZone("")
		}
	}
	return h.clients.Address(r)
}

// browser describes the browser that sent r.
func (h *Handlers) browser(r *http.Request) fapi.Browser {
	return fapi.FromRequest(r, h.clientAddress(r), h.suffix)
}

// candidates is every browser that r can be from.
func (h *Handlers) candidates(r *http.Request) []fapi.Browser {
	return fapi.Candidates(r, h.clientAddress(r), h.suffix)
}
