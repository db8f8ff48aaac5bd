package sqlitestore

import (
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"github.com/usherauth/usher/identity/store"
)

const selectOrganizations = `SELECT id, name, slug, image_id, plan, created_by, max_memberships, may_not_delete, public_metadata,
	private_metadata, created_at, updated_at FROM organizations o`

func organizationFields(o *store.Organization) []any {
	return []any{&o.ID, &o.Name, &o.Slug, &o.ImageID, &o.Plan, &o.CreatedBy, &o.MaxMemberships, &o.MayNotDelete,
		(*raw)(&o.PublicMetadata), (*raw)(&o.PrivateMetadata), (*at)(&o.CreatedAt), (*at)(&o.UpdatedAt)}
}

func (t *tx) Organization(id string) (store.Organization, error) {
	var o store.Organization
	err := t.row(selectOrganizations+` WHERE id = ?`, []any{id}, organizationFields(&o)...)
	return o, err
}

func (t *tx) OrganizationBySlug(slug string) (store.Organization, error) {
	var o store.Organization
	err := t.row(selectOrganizations+` WHERE slug <> '' AND slug = ?`, []any{slug}, organizationFields(&o)...)
	return o, err
}

var organizationOrders = map[string]string{
	"created_at":    "created_at",
	"name":          "search_name",
	"members_count": "(SELECT COUNT(*) FROM memberships WHERE org_id = o.id)",
}

func (t *tx) Organizations(q store.OrganizationQuery) ([]store.Organization, error) {
	order, err := orderBy(q.OrderBy, organizationOrders)
	if err != nil {
		return nil, err
	}
	where := organizationsWhere(q)
	return many(t, where.list(selectOrganizations, order+", id", q.Limit, q.Offset), organizationFields)
}

func (t *tx) CountOrganizations(q store.OrganizationQuery) (int64, error) {
	where := organizationsWhere(q)
	if len(where.terms) == 0 {
		return t.countAll("organizations")
	}
	return t.count(where.count("organizations o"))
}

func organizationsWhere(q store.OrganizationQuery) conditions {
	var c conditions
	c.among("id", q.IDs)
	if len(q.UserIDs) > 0 {
		c.marked("id IN (SELECT org_id FROM memberships WHERE user_id IN (%s))", q.UserIDs)
	}
	c.contains("search", q.Search)
	return c
}

const putOrganization = `INSERT INTO organizations (id, name, slug, image_id, plan, created_by, max_memberships, may_not_delete,
	public_metadata, private_metadata, created_at, updated_at, search_name, search)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
	ON CONFLICT (id) DO UPDATE SET name = ?2, slug = ?3, image_id = ?4, plan = ?5, created_by = ?6, max_memberships = ?7,
	may_not_delete = ?8, public_metadata = ?9, private_metadata = ?10, created_at = ?11, updated_at = ?12, search_name = ?13,
	search = ?14`

func (t *tx) PutOrganization(o store.Organization) error {
	words := strings.ToLower(strings.Join([]string{o.ID, o.Name, o.Slug}, separator))
	return t.put("put organization", putOrganization, o.ID, o.Name, o.Slug, o.ImageID, o.Plan, o.CreatedBy, o.MaxMemberships,
		o.MayNotDelete, string(o.PublicMetadata), string(o.PrivateMetadata), o.CreatedAt.UnixMilli(), o.UpdatedAt.UnixMilli(),
		strings.ToLower(o.Name), words)
}

// DeleteOrganization leaves memberships and invitations to the foreign keys.
func (t *tx) DeleteOrganization(id string) error {
	return t.remove("delete organization", `DELETE FROM organizations WHERE id = ?`, id)
}

// countPeople takes from the number of pending invitations those that have expired, which
// nobody has noticed yet.
const countPeople = `SELECT id, members, pending - (SELECT COUNT(*) FROM invitations WHERE org_id = o.id AND status = 'pending'
	AND expire_at > ?2 AND expire_at <= ?3) FROM organizations o WHERE id IN (SELECT value FROM json_each(?1))`

func (t *tx) CountPeople(orgIDs []string, at time.Time) (members, pending map[string]int64, err error) {
	ids, err := json.Marshal(orgIDs)
	if err != nil {
		return nil, nil, err
	}
	members, pending = make(map[string]int64, len(orgIDs)), make(map[string]int64, len(orgIDs))
	err = t.each(t.lists, countPeople, []any{string(ids), never, at.UnixMilli()}, func(rows *sql.Rows) error {
		var id string
		var m, p int64
		err := rows.Scan(&id, &m, &p)
		members[id], pending[id] = m, p
		return err
	})
	return members, pending, err
}
