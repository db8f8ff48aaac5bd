package handlers_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/handlers"
	"github.com/usherauth/usher/wire"
)

// received is the event that a webhook with this body hands on.
func received(t *testing.T, body string) handlers.Event {
	t.Helper()
	var a app
	if status := send(a.hook(t, handlers.WebhookConfig{}), delivery("msg_1", body)); status != 204 || a.calls() != 1 {
		t.Fatalf("status %d, %d calls: %s", status, a.calls(), body)
	}
	return a.events[0]
}

func TestEventsArriveWhole(t *testing.T) {
	t.Parallel()
	e := received(t, `{"data":{"id":"x"},"event_attributes":{"http_request":{"client_ip":"192.0.2.7","user_agent":"Mozilla/5.0"}},
		"instance_id":"ins_1","object":"event","timestamp":1654012591514,"type":"invented.yesterday","new_field":[1]}`)
	if e.ID != "msg_1" || e.Type != "invented.yesterday" || string(e.Data) != `{"id":"x"}` || e.InstanceID != "ins_1" ||
		e.ClientIP != "192.0.2.7" || e.UserAgent != "Mozilla/5.0" || !e.Timestamp.Equal(time.UnixMilli(1654012591514)) {
		t.Errorf("event %+v with data %s at %v", e, e.Data, e.Timestamp)
	}
}

func TestEventTimestamps(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]time.Time{
		`"timestamp":1716883200000`:                  time.Unix(1716883200, 0),
		`"timestamp":1716883200`:                     time.Unix(1716883200, 0),
		`"timestamp":1716883200123`:                  time.UnixMilli(1716883200123),
		`"timestamp":0`:                              {},
		`"timestamp":null`:                           {},
		`"instance_id":null,"event_attributes":null`: {},
		`"event_attributes":{"http_request":null}`:   {},
		`"event_attributes":{"http_request":{"client_ip":null,"user_agent":null}}`: {},
	} {
		e := received(t, `{"object":"event","type":"user.deleted","data":{},`+field+`}`)
		if !e.Timestamp.Equal(want) || e.ClientIP != "" || e.UserAgent != "" || e.InstanceID != "" {
			t.Errorf("%s: %v, want %v", field, e.Timestamp, want)
		}
	}
}

func TestEventData(t *testing.T) {
	t.Parallel()
	event := func(typ, data string) handlers.Event {
		return received(t, `{"object":"event","type":"`+typ+`","data":`+data+`}`)
	}
	recorded, err := os.ReadFile("../testdata/wire/user.json")
	if err != nil {
		t.Fatal(err)
	}
	user, err := handlers.EventData[wire.User](event(wire.EventUserCreated, string(recorded)))
	if err != nil || user.ID != "user_cafebabe" || user.FullName() != "John Doe" || user.PrimaryEmail() != "john.doe@clerk.test" || len(user.PrivateMetadata) == 0 {
		t.Errorf("user %+v, %v", user, err)
	}
	session, err := handlers.EventData[wire.Session](event(wire.EventSessionEnded,
		`{"object":"session","id":"sess_1","user_id":"user_1","client_id":"client_1","actor":null,"status":"ended","last_active_organization_id":null,
		"last_active_at":1716883200000,"latest_activity":null,"expire_at":1716969600000,"abandon_at":1716969600000,"updated_at":1716883200000,"created_at":1716883200000}`))
	if err != nil || session.ID != "sess_1" || session.UserID != "user_1" || session.Status != wire.SessionEnded || session.ExpireAt != 1716969600000 {
		t.Errorf("session %+v, %v", session, err)
	}
	for data, want := range map[string]wire.Deleted{
		`{"object":"user","id":"user_1","deleted":true,"slug":null,"external_id":"42"}`: {Object: "user", ID: "user_1", ExternalID: "42", Deleted: true},
		`{"object":"organization","id":"org_1","slug":"acme","deleted":true}`:           {Object: "organization", ID: "org_1", Slug: "acme", Deleted: true},
	} {
		if got, err := handlers.EventData[wire.Deleted](event(wire.EventUserDeleted, data)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", data, got, err)
		}
	}
	_, err = handlers.EventData[wire.User](event(wire.EventUserCreated, `[]`))
	if err == nil || !strings.Contains(err.Error(), "msg_1") {
		t.Errorf("a list as a user: %v", err)
	}
	if _, err := handlers.EventData[wire.User](handlers.Event{}); err == nil {
		t.Error("an event without data is decoded")
	}
}
