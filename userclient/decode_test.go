package userclient_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/usherauth/usher/userclient"
)

type vector struct {
	Name   string `json:"name"`
	Expect string `json:"expect"`
	Bytes  []byte `json:"bytes_base64"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/parsing.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(data, &list); err != nil || len(list) < 200 {
		t.Fatalf("testdata/parsing.json: %d entries, %v", len(list), err)
	}
	return list
}

// TestL03_ParsingVectors feeds each entry as a whole answer, as metadata and as an
// error envelope. A document that is not JSON is refused everywhere.
func TestL03_ParsingVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			whole := client(t, transportOf(ok(string(v.Bytes))))
			if u, err := whole.Users.Get(t.Context(), "user_1"); !errors.Is(err, userclient.ErrUnavailable) {
				t.Errorf("a user of it = %+v, %v", u, err)
			}
			if list, err := whole.Users.List(t.Context(), userclient.ListParams{}); err == nil && (v.Expect == "reject" || len(list) > 0) {
				t.Errorf("a list of it = %+v", list)
			}

			member := `{"object":"user","id":"user_1","public_metadata":` + string(v.Bytes) + `}`
			u, err := client(t, transportOf(ok(member))).Users.Get(t.Context(), "user_1")
			switch {
			case v.Expect == "reject" && err == nil:
				t.Errorf("a user with it = %s, want it refused", u.PublicMetadata)
			case v.Expect == "accept" && err != nil:
				t.Errorf("a user with it: %v", err)
			case err == nil && json.Unmarshal(u.PublicMetadata, new(any)) != nil:
				t.Errorf("a user with it = %s, which cannot be read", u.PublicMetadata)
			}

			envelope := client(t, transportOf(failWith(422, string(v.Bytes))))
			if _, err := envelope.Users.Get(t.Context(), "user_1"); err == nil {
				t.Error("an error envelope of it is no error")
			}
		})
	}
}

// TestA1_OneBadRecordFailsNoList lists users of whom some were stored with metadata that
// readers disagree about.
func TestA1_OneBadRecordFailsNoList(t *testing.T) {
	t.Parallel()
	user := func(id, bag string) string {
		return `{"object":"user","id":"` + id + `","public_metadata":{},"unsafe_metadata":` + bag + `,"private_metadata":{"k":"v"},"first_name":"Ada"}`
	}
	bags := []struct{ stored, want string }{
		{`{"a":1,"a":2}`, `{"a":2}`},
		{`{"a":{"b":[{"c":1,"\u0063":"]}\""}]}}`, `{"a":{"b":[{"c":"]}\""}]}}`},
		{`{"a":"\ud800","b":"\u0000"}`, "{\"a\":\"\ufffd\",\"b\":\"\\u0000\"}"},
		{`{"a":1e400,"b":12345678901234567890}`, `{"a":null,"b":12345678901234567890}`},
		{` { "a" : [ 1 ] } `, `{ "a" : [ 1 ] }`},
		{`null`, `null`}, {`1`, `1`}, {`"a,b}"`, `"a,b}"`}, {`[]`, `[]`},
	}
	body := "["
	for i, bag := range bags {
		body += user("user_"+string(rune('a'+i)), bag.stored) + ","
	}
	body += user("user_z", "{}") + "]"
	list, err := client(t, transportOf(ok(body))).Users.List(t.Context(), userclient.ListParams{})
	if err != nil || len(list) != len(bags)+1 {
		t.Fatalf("%d users, %v", len(list), err)
	}
	for i, bag := range bags {
		if got := string(list[i].UnsafeMetadata); got != bag.want {
			t.Errorf("%s is read as %s, want %s", bag.stored, got, bag.want)
		}
		if string(list[i].PrivateMetadata) != `{"k":"v"}` || list[i].FirstName != "Ada" {
			t.Errorf("the rest of the user is %+v", list[i])
		}
	}
	// Repeated members outside of metadata are still refused.
	if _, err := client(t, transportOf(ok(`[{"object":"user","id":"user_1","id":"user_2"}]`))).Users.List(t.Context(), userclient.ListParams{}); err == nil {
		t.Error("an answer with two ids was accepted")
	}
}

// TestA1_FullMetadataFailsNoList reads the longest page there is: everybody can fill their
// own metadata, so its length is nothing that the reader may refuse.
func TestA1_FullMetadataFailsNoList(t *testing.T) {
	t.Parallel()
	bag := `{"a":"` + strings.Repeat("x", 8<<10-8) + `"}`
	user := `{"object":"user","id":"user_1","public_metadata":` + bag + `,"unsafe_metadata":` + bag + `,"private_metadata":` + bag + `}`
	page := "[" + strings.Repeat(user+",", 499) + user + "]"
	list, err := client(t, transportOf(ok(page))).Users.List(t.Context(), userclient.ListParams{Limit: 500})
	if err != nil || len(list) != 500 || string(list[499].PrivateMetadata) != bag {
		t.Fatalf("%d users of %d bytes, %v", len(list), len(page), err)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(200, "application/json", v.Bytes)
	}
	f.Add(200, "application/json", []byte(ada))
	f.Add(404, "application/json", []byte(`{"errors":[{"code":"resource_not_found"}],"clerk_trace_id":"t"}`))
	f.Add(200, "application/json", []byte(`{"object":"user","id":"user_1","\u0069d":"user_1"}`))
	f.Fuzz(func(t *testing.T, code int, contentType string, body []byte) {
		if code < 100 || code > 599 || code == 429 || code >= 500 {
			return // retried: slow, and no other parser
		}
		c := client(t, transportOf(failWith(code, string(body), "Content-Type", contentType)))
		u, err := c.Users.Get(t.Context(), "user_1")
		if err != nil {
			return
		}
		// What was accepted is the user that was asked for, by any reader.
		var again map[string]any
		if err := json.Unmarshal(body, &again); err != nil || u.ID != "user_1" {
			t.Errorf("%q was accepted as %+v", body, u)
		}
	})
}
