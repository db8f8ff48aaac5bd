package userclient

import (
	"context"
	"errors"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// The resources the Backend API answers with, as package wire describes them. All are
// plain data.
type (
	// User is an account, with its private metadata: what people may see is in its
	// Public method and in authctx.WithUser.
	User = wire.User
	// EmailAddress is an address of a User.
	EmailAddress = wire.EmailAddress
	// Session is one person's signed-in state in one browser.
	Session = wire.Session
	// AuditEvent is one thing that happened to an account.
	AuditEvent = wire.AuditEvent
	// JWK is a public key.
	JWK = wire.JWK
	// JWKS is the instance's key set.
	JWKS = wire.JWKS
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
