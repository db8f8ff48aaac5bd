-- +goose Up

-- Who deletes a user looks for events that others were the subject of.
CREATE INDEX audit_events_actor ON audit_events (actor_id) WHERE actor_id <> '' AND actor_id <> user_id;

-- Who looks for images that nobody shows.
CREATE INDEX users_image ON users (image_id) WHERE image_id <> '';
CREATE INDEX organizations_image ON organizations (image_id) WHERE image_id <> '';
