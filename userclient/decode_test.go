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

// TestL03_ParsingVectors feeds each entry as a whole answer, as a member's value and as an
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
			twice := strings.Contains(v.Name, "duplicated_key")
			switch {
			case (v.Expect == "reject" || twice) && err == nil:
				t.Errorf("a user with it = %s, want it refused", u.PublicMetadata)
			case v.Expect == "accept" && !twice && err != nil:
				t.Errorf("a user with it: %v", err)
			}

			envelope := client(t, transportOf(failWith(422, string(v.Bytes))))
			if _, err := envelope.Users.Get(t.Context(), "user_1"); err == nil {
				t.Error("an error envelope of it is no error")
			}
		})
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
