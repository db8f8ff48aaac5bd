package handlers

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/usherauth/usher/wire"
)

// Event is something that happened in the instance, told by a webhook whose signature was
// right. Events arrive at least once and in no order: compare the updated_at of what you
// keep with that of Data.
type Event struct {
	// ID is the same in every delivery of this event; de-duplicate on it.
	ID string
	// Type is such as [wire.EventUserCreated]. Types unknown to this package occur.
	Type string
	// Data is the object that the event is about; see [EventData].
	Data json.RawMessage
	// Timestamp is when it happened, not when it was delivered. Zero when the sender did
	// not say.
	Timestamp time.Time
	// InstanceID is the instance it happened in, "ins_…".
	InstanceID string
	// ClientIP and UserAgent are those of the request that led to the event, as the
	// service saw it; "" when there was none.
	ClientIP, UserAgent string
}

// LogValue keeps Data out of logs: it may hold one-time codes and private metadata.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", e.ID), slog.String("type", e.Type), slog.String("instance_id", e.InstanceID))
}

// String keeps Data out of fmt's output.
func (e Event) String() string { return "handlers.Event{" + e.ID + " " + e.Type + "}" }

// GoString keeps Data out of %#v.
func (e Event) GoString() string { return e.String() }

// EventData decodes what an event is about: a [wire.User] when users are created and
// updated, a [wire.Session] in session events, a [wire.Deleted] in most events whose name
// ends in deleted. Fields that T does not have are left out, and no check is made that T
// fits the event: look at Type first.
func EventData[T any](e Event) (T, error) {
	var data T
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return data, fmt.Errorf("handlers: data of event %s: %w", e.ID, err)
	}
	return data, nil
}

// readEvent decodes a signed body. Fields that nobody knows are ignored.
func readEvent(id string, body []byte) (Event, *badWebhook) {
	var in wire.Event
	if err := json.Unmarshal(body, &in); err != nil || in.Object != "event" || in.Type == "" {
		return Event{}, errNoEvent
	}
	if len(in.Data) == 0 || string(in.Data) == "null" {
		return Event{}, errNoEvent
	}
	return Event{
		ID: id, Type: in.Type, Data: in.Data, Timestamp: eventTime(in.Timestamp), InstanceID: in.InstanceID,
		ClientIP: in.Attributes.HTTPRequest.ClientIP, UserAgent: in.Attributes.HTTPRequest.UserAgent,
	}, nil
}

// eventTime takes milliseconds, and seconds as some examples of the service have them. The
// border means the year 5138 in seconds and 1973 in milliseconds.
func eventTime(n int64) time.Time {
	const border = 100_000_000_000
	switch {
	case n == 0:
		return time.Time{}
	case n < border:
		return time.Unix(n, 0)
	}
	return time.UnixMilli(n)
}
