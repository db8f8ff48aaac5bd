package userclient

import (
	"context"
	"errors"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// The resources the Backend API answers with, as package wire describes them.
type (
	User         = wire.User
	EmailAddress = wire.EmailAddress
	Session      = wire.Session
	JWK          = wire.JWK
	JWKS         = wire.JWKS
)

// Client asks one instance's Backend API. Make it with [New], once, and share it: it
// is safe for concurrent use and keeps connections. It remembers nothing of its own
// between requests. Printing a Client never shows the secret key.
type Client struct {
	// Users reads accounts.
	Users Users
	// Sessions reads and revokes sessions.
	Sessions Sessions

	conn *conn
}

func newClient(c *conn) *Client {
	return &Client{Users: Users{c}, Sessions: Sessions{c}, conn: c}
}

// JWKS returns the public keys that verify the instance's session tokens. Package
// authctx fetches and keeps them by itself; this is for other uses.
func (c *Client) JWKS(ctx context.Context) (*JWKS, error) {
	r := request{op: "get key set", method: http.MethodGet, path: "/jwks"}
	return fetch(ctx, c.conn, r, func(set *JWKS) error {
		if set.Keys == nil {
			return errors.New("answer has no keys")
		}
		return nil
	})
}

// CloseIdleConnections closes the connections no call is using. The client stays
// usable; call it when done with it.
func (c *Client) CloseIdleConnections() { c.conn.http.CloseIdleConnections() }
