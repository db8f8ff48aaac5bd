package operate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

var orgCommands = []*command{
	{group: "orgs", verb: "list", help: "list organizations, newest first", setup: listOrgs},
	{group: "orgs", verb: "show", args: "ORG", help: "show one organization", more: orgHelp, setup: showOrg},
	{group: "orgs", verb: "create", help: "create an organization", setup: createOrg},
	{group: "orgs", verb: "members", args: "ORG", help: "list an organization's members with their roles", more: orgHelp, setup: listMembers},
	{
		group: "orgs", verb: "delete", args: "ORG...", help: "delete organizations with their memberships and invitations, for good",
		more: orgHelp, setup: deleteOrgs,
	},
}

const orgHelp = "\nORG is an id or a slug."

// organization and membership are what the commands show of the API's objects.
type organization struct {
	ID, Name, Slug string
	CreatedBy      string `json:"created_by"`
	MembersCount   *int64 `json:"members_count"`
	MaxMemberships int64  `json:"max_allowed_memberships"`
	CreatedAt      int64  `json:"created_at"`
}

type membership struct {
	ID, Role       string
	Organization   organization
	PublicUserData struct {
		UserID     string `json:"user_id"`
		FirstName  string `json:"first_name"`
		LastName   string `json:"last_name"`
		Identifier string `json:"identifier"`
	} `json:"public_user_data"`
	CreatedAt int64 `json:"created_at"`
}

func listOrgs(o *options) action {
	search := o.String("query", "", "only those with this `text` in id, name or slug")
	limit := o.Int("limit", 100, "at most so many organizations; 0 is all")
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		query := url.Values{"include_members_count": {"true"}}
		if *search != "" {
			query.Set("query", *search)
		}
		head := []string{"ID", "SLUG", "NAME", "MEMBERS", "CREATED"}
		return show(ctx, t, listing{path: "/organizations", query: query, limit: *limit}, head, func(o organization) []string {
			return []string{o.ID, o.Slug, o.Name, o.members(), when(o.CreatedAt)}
		})
	}
}

func (o organization) members() string {
	if o.MembersCount == nil {
		return ""
	}
	return strconv.FormatInt(*o.MembersCount, 10)
}

// org finds an organization by id or slug.
func (t *task) org(ctx context.Context, which string) (raw json.RawMessage, o organization, err error) {
	err = t.api.call(ctx, http.MethodGet, "/organizations/"+segment(which), url.Values{"include_members_count": {"true"}}, nil, &raw)
	if missing(err) {
		return nil, o, fmt.Errorf("there is no organization %q: web orgs list -query TEXT looks for one", clean(which))
	}
	if err == nil {
		err = json.Unmarshal(raw, &o)
	}
	return raw, o, err
}

func showOrg(o *options) action {
	o.wants(1, 1)
	return func(ctx context.Context, t *task) error {
		raw, org, err := t.org(ctx, t.args[0])
		if err != nil {
			return err
		}
		if t.json {
			return writeLine(t.Stdout, raw)
		}
		most := "no limit"
		if org.MaxMemberships > 0 {
			most = strconv.FormatInt(org.MaxMemberships, 10)
		}
		s := t.sheet()
		s.set("ID", org.ID)
		s.set("Name", org.Name)
		s.set("Slug", org.Slug)
		s.set("Members", org.members())
		s.set("At most", most)
		if err := s.plan(ctx, t, org.ID); err != nil {
			return err
		}
		s.set("Created", when(org.CreatedAt))
		s.set("Created by", org.CreatedBy)
		return s.flush()
	}
}

func createOrg(o *options) action {
	body := map[string]any{}
	name := o.String("name", "", "`name` (needed)")
	slug := o.String("slug", "", "`slug`, in lower case with dashes; made of the name if it is left out")
	owner := o.String("owner", "", "`user` who gets org:admin: an id, an address or a user name")
	most := o.Int("max-members", 0, "at most so many `members`; 0 is no limit")
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		if *name == "" {
			return usagef(o.command, "-name is missing")
		}
		body["name"] = *name
		if *slug != "" {
			body["slug"] = *slug
		}
		if *most != 0 {
			body["max_allowed_memberships"] = *most
		}
		if *owner != "" {
			_, u, err := t.user(ctx, *owner)
			if err != nil {
				return err
			}
			body["created_by"] = u.ID
		}
		var raw json.RawMessage
		if err := t.api.call(ctx, http.MethodPost, "/organizations", nil, body, &raw); err != nil {
			return err
		}
		var org organization
		if err := json.Unmarshal(raw, &org); err != nil {
			return err
		}
		return t.done(raw, "%s created, with the slug %s", org.ID, org.Slug)
	}
}

func listMembers(o *options) action {
	limit := o.Int("limit", 100, "at most so many members; 0 is all")
	o.wants(1, 1)
	return func(ctx context.Context, t *task) error {
		_, org, err := t.org(ctx, t.args[0])
		if err != nil {
			return err
		}
		l := listing{path: "/organizations/" + segment(org.ID) + "/memberships", limit: *limit}
		return show(ctx, t, l, []string{"USER", "ADDRESS", "NAME", "ROLE", "SINCE"}, func(m membership) []string {
			u := m.PublicUserData
			return []string{u.UserID, u.Identifier, fullNameOf(u.FirstName, u.LastName), m.Role, when(m.CreatedAt)}
		})
	}
}

func deleteOrgs(o *options) action {
	yes := o.Bool("yes", false, "delete them; without it nothing is done")
	o.wants(1, -1)
	return func(ctx context.Context, t *task) error {
		var errs []error
		for _, which := range t.args {
			errs = append(errs, t.deleteOrg(ctx, which, *yes))
		}
		return errors.Join(errs...)
	}
}

func (t *task) deleteOrg(ctx context.Context, which string, yes bool) error {
	_, org, err := t.org(ctx, which)
	if err != nil {
		return err
	}
	if !yes {
		return fmt.Errorf("would delete %s (%s): add -yes to do it; web export makes a copy first", org.ID, clean(org.Name))
	}
	var raw json.RawMessage
	if err := t.api.call(ctx, http.MethodDelete, "/organizations/"+segment(org.ID), nil, nil, &raw); err != nil {
		return err
	}
	return t.done(raw, "%s deleted", org.ID)
}
