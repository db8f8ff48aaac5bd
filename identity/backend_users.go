package identity

import (
	"errors"

	"github.com/usherauth/usher/wire"
)

// backendUserRoutes are users and their addresses (protocol reference 7.3).
func backendUserRoutes() routes {
	return join(routes{
		"/v1/users":                                 {"GET": listUsers, "POST": createUser},
		"/v1/users/count":                           {"GET": countUsers},
		"/v1/users/ban":                             {"POST": banUsers(true)},
		"/v1/users/unban":                           {"POST": banUsers(false)},
		"/v1/users/{id}":                            {"GET": getUser, "PATCH": updateUser, "DELETE": deleteUser},
		"/v1/users/{id}/metadata":                   {"PATCH": mergeUserMetadata, "PUT": replaceUserMetadata},
		"/v1/users/{id}/ban":                        {"POST": banUser(true)},
		"/v1/users/{id}/unban":                      {"POST": banUser(false)},
		"/v1/users/{id}/lock":                       {"POST": lockUser},
		"/v1/users/{id}/unlock":                     {"POST": unlockUser},
		"/v1/users/{id}/verify_password":            {"POST": verifyUserPassword},
		"/v1/users/{id}/verify_totp":                {"POST": verifyUserTOTP},
		"/v1/users/{id}/remove_password":            {"POST": removeUserPassword},
		"/v1/users/{id}/password/set_compromised":   {"POST": setCompromised},
		"/v1/users/{id}/password/unset_compromised": {"POST": unsetCompromised},
		"/v1/users/{id}/email_address":              {"PUT": replaceEmails},
		"/v1/users/{id}/mfa":                        {"DELETE": removeFactors},
		"/v1/users/{id}/totp":                       {"DELETE": removeFactors},
		"/v1/users/{id}/backup_code":                {"DELETE": removeFactors},

		"/v1/users/{id}/profile_image":                  {"POST": setUserImage, "DELETE": deleteUserImage},
		"/v1/users/{id}/oauth_access_tokens/{provider}": {"GET": oauthTokens},

		"/v1/email_addresses":      {"POST": createEmail},
		"/v1/email_addresses/{id}": {"GET": getEmail, "PATCH": updateEmail, "DELETE": deleteEmail},
	}, notBuilt(
		"/v1/users/{id}/phone_number",
		"/v1/users/{id}/passkeys/{passkey}",
		"/v1/users/{id}/web3_wallets/{wallet}",
		"/v1/users/{id}/external_accounts/{account}",
		"/v1/users/{id}/billing/{rest...}",
		"/v1/phone_numbers", "/v1/phone_numbers/{rest...}",
	))
}

// listUsers lists the users that the filters select.
func listUsers(c *call) (any, error) {
	f, err := c.userFilter()
	if err != nil {
		return nil, err
	}
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	f.Limit, f.Offset, f.After = page.limit, page.offset, c.query.Get("starting_after")
	if f.After != "" && f.OrderBy != "" && f.OrderBy[1:] != "created_at" {
		return nil, invalid("starting_after", wire.CodeParamFormatInvalid, "starting_after needs an order by created_at.")
	}
	out := []*wire.User{}
	var total int64
	err = c.view(c.r.Context(), func(tx Tx) error {
		if f.nobody {
			return nil
		}
		users, err := tx.Users(f.UserQuery)
		if errors.Is(err, ErrNotFound) {
			return invalid("starting_after", wire.CodeParamValueInvalid, "There is no such user to start after.")
		}
		for _, u := range users {
			out = append(out, c.fullUserJSON(u, c.now))
		}
		if err == nil && c.paginated() {
			total, err = tx.CountUsers(f.UserQuery)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return listed(c, out, total), nil
}

// countUsers counts the users that the filters select.
func countUsers(c *call) (any, error) {
	f, err := c.userFilter()
	if err != nil {
		return nil, err
	}
	var n int64
	err = c.view(c.r.Context(), func(tx Tx) (err error) {
		if !f.nobody {
			n, err = tx.CountUsers(f.UserQuery)
		}
		return err
	})
	return wire.TotalCount{Object: "total_count", TotalCount: n}, err
}

// getUser shows a user with the private metadata.
func getUser(c *call) (any, error) {
	var u User
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		u, err = pathRecord(c, tx.User)
		return err
	})
	return c.fullUserJSON(u, c.now), err
}

// pathRecord gets what {id} names, or 404.
func pathRecord[T any](c *call, get func(string) (T, error)) (T, error) {
	return found(get(c.r.PathValue("id")))
}

// found turns what a store does not have into 404.
func found[T any](v T, err error) (T, error) { return v, missing(err) }

// changeUser runs change on the user in the path, writes the event down and answers with
// the result.
func (c *call) changeUser(event string, change func(Tx, *User) error) (any, error) {
	var u User
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if u, err = pathRecord(c, tx.User); err != nil {
			return err
		}
		if err := change(tx, &u); err != nil {
			return err
		}
		u.UpdatedAt = c.now
		return errors.Join(tx.PutUser(u), c.record(tx, AuditEvent{Type: event, UserID: u.ID}))
	})
	return c.fullUserJSON(u, c.now), identifierTaken(err)
}

// deleteUser removes the person with everything that is theirs.
func deleteUser(c *call) (any, error) {
	var u User
	err := c.update(c.r.Context(), func(tx Tx) (err error) {
		if u, err = pathRecord(c, tx.User); err != nil {
			return err
		}
		return c.eraseUser(tx, u, AuditEvent{Type: "user.deleted", UserID: u.ID})
	})
	if err != nil {
		return nil, err
	}
	return wire.Deleted{Object: "user", ID: u.ID, Deleted: true}, nil
}

// oauthTokens lists the tokens that providers gave for a user. There are no providers.
func oauthTokens(c *call) (any, error) {
	if _, err := getUser(c); err != nil {
		return nil, err
	}
	return listed(c, []struct{}{}, 0), nil
}
