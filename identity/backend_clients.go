package identity

import (
	"net/http"

	"github.com/usherauth/usher/wire"
)

// getBackendClient shows a client with its live sessions.
func getBackendClient(c *call) (any, error) {
	return c.showClient(func(tx Tx) (Client, error) { return pathRecord(c, tx.Client) })
}

// verifyClient shows the client whose present __client cookie is given.
func verifyClient(c *call) (any, error) {
	var in struct {
		Token string `json:"token"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	if in.Token == "" {
		return nil, missingParam("token")
	}
	c.currentKeys(c.r.Context()) // another node may have rotated the cookie keys
	ref, ok := c.unseal(in.Token)
	if !ok {
		return nil, refuse(http.StatusBadRequest, wire.CodeCookieInvalid, "This is not the value of a client cookie of this instance.")
	}
	return c.showClient(func(tx Tx) (Client, error) {
		client, err := found(tx.Client(ref.id))
		if err == nil && !ref.opens(client) {
			err = notFound()
		}
		return client, err
	})
}

func (c *call) showClient(find func(Tx) (Client, error)) (any, error) {
	var b *browser
	err := c.view(c.r.Context(), func(tx Tx) error {
		client, err := find(tx)
		if err != nil {
			return err
		}
		b, err = loadBrowser(tx, client, c.now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.backendClient(b), nil
}

// listClients lists the clients that somebody has signed in to and whose sessions are still
// kept, those with the newest session first.
func listClients(c *call) (any, error) {
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	out := []wire.BackendClient{}
	var total int64
	err = c.view(c.r.Context(), func(tx Tx) error {
		ids, n, err := tx.SignedInClients(page.limit, page.offset)
		if err != nil {
			return err
		}
		total = n
		for _, id := range ids {
			client, err := tx.Client(id)
			if err != nil {
				return err
			}
			b, err := loadBrowser(tx, client, c.now)
			if err != nil {
				return err
			}
			out = append(out, c.backendClient(b))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return listed(c, out, total), nil
}

func (c *call) backendClient(b *browser) wire.BackendClient {
	out := wire.BackendClient{
		Object: "client", ID: b.client.ID,
		SessionIDs: []string{}, Sessions: []wire.Session{},
		SignInID:            wire.NullString(b.client.SignInID),
		SignUpID:            wire.NullString(b.client.SignUpID),
		LastActiveSessionID: wire.NullString(b.client.LastActiveSessionID),
		CreatedAt:           millis(b.client.CreatedAt),
		UpdatedAt:           millis(b.client.UpdatedAt),

		LastAuthenticationStrategy: wire.NullString(b.client.LastStrategy),
	}
	for _, s := range b.sessions {
		out.SessionIDs = append(out.SessionIDs, s.ID)
		out.Sessions = append(out.Sessions, backendSession(s, c.now))
	}
	return out
}
