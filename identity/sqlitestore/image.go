package sqlitestore

import (
	"time"

	"github.com/usherauth/usher/identity/store"
)

func (t *tx) Image(id string) (store.Image, error) {
	const query = `SELECT id, content_type, data, created_at FROM images WHERE id = ?`
	var i store.Image
	err := t.row(query, []any{id}, &i.ID, &i.ContentType, &i.Data, (*at)(&i.CreatedAt))
	return i, err
}

func (t *tx) PutImage(i store.Image) error {
	const query = `INSERT INTO images (id, content_type, data, created_at) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (id) DO UPDATE SET content_type = ?2, data = ?3, created_at = ?4`
	return t.put("put image", query, i.ID, i.ContentType, blob(i.Data), i.CreatedAt.UnixMilli())
}

func (t *tx) DeleteImage(id string) error {
	return t.remove("delete image", `DELETE FROM images WHERE id = ?`, id)
}

func (t *tx) DeleteUnusedImages(before time.Time, limit int) (int64, error) {
	const query = `DELETE FROM images WHERE id IN (SELECT id FROM images i WHERE created_at > ? AND created_at < ?
		AND NOT EXISTS (SELECT 1 FROM users WHERE image_id <> '' AND image_id = i.id)
		AND NOT EXISTS (SELECT 1 FROM organizations WHERE image_id <> '' AND image_id = i.id) LIMIT ?)`
	return t.exec("delete unused images", query, never, before.UnixMilli(), atMost(limit))
}
