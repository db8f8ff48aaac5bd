package operate

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/usherauth/usher/wire"
)

func showUser(o *options) action {
	o.wants(1, 1)
	return func(ctx context.Context, t *task) error {
		raw, u, err := t.user(ctx, t.args[0])
		if err != nil {
			return err
		}
		if t.json {
			return writeLine(t.Stdout, raw)
		}
		orgs, err := t.organizationsOf(ctx, u.ID)
		if err != nil {
			return err
		}
		active := 0
		_, err = t.api.each(ctx, listing{path: "/sessions", query: url.Values{"user_id": {u.ID}, "status": {"active"}}}, func(json.RawMessage) error {
			active++
			return nil
		})
		if err != nil {
			return err
		}
		s := t.sheet()
		s.set("ID", u.ID)
		s.set("External id", string(u.ExternalID))
		s.set("Name", fullName(u))
		s.set("User name", string(u.Username))
		s.set("Addresses", addressesOf(u)...)
		s.set("State", userState(u))
		s.set("Password", map[bool]string{true: "set", false: "none"}[u.PasswordEnabled])
		s.set("Created", when(u.CreatedAt))
		s.set("Last sign-in", whenever(u.LastSignInAt))
		s.set("Organizations", orgs...)
		if err := s.plan(ctx, t, u.ID); err != nil {
			return err
		}
		s.set("Active sessions", strconv.Itoa(active))
		return s.flush()
	}
}

func addressesOf(u wire.User) (list []string) {
	for _, e := range u.EmailAddresses {
		text := e.EmailAddress
		if e.Verification == nil || e.Verification.Status != "verified" {
			text += ", not verified"
		}
		if e.ID == string(u.PrimaryEmailAddressID) {
			text += ", primary"
		}
		list = append(list, text)
	}
	return list
}

// organizationsOf lists a user's organizations with the role in each.
func (t *task) organizationsOf(ctx context.Context, userID string) (names []string, err error) {
	l := listing{path: "/users/" + segment(userID) + "/organization_memberships"}
	_, err = t.api.each(ctx, l, func(record json.RawMessage) error {
		var m membership
		err := json.Unmarshal(record, &m)
		names = append(names, m.Organization.Name+" ("+m.Organization.ID+"), "+m.Role)
		return err
	})
	return names, err
}
