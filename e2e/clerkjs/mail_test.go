package clerkjs

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/usherauth/usher/e2e/internal/drive"
)

// letter is a mail that the program has caught.
type letter struct{ Kind, To, Code string }

// letters lists what was sent to an address, the newest first. It asks the program itself:
// to those who come through a proxy there is no such page.
func (f *front) letters(to string) (found []letter) {
	f.t.Helper()
	req, err := http.NewRequest(http.MethodGet, f.program.Origin+"/dev/mailbox", nil)
	if err != nil {
		f.t.Fatal(err)
	}
	req.Host = strings.TrimPrefix(f.origin, "http://")
	req.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	var all []letter
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil || res.StatusCode != http.StatusOK {
		f.t.Fatalf("the mailbox answers %d (%v)", res.StatusCode, err)
	}
	for _, l := range all {
		if l.To == to {
			found = append(found, l)
		}
	}
	return found
}

// code runs a script that asks for a code by mail, and returns what came.
func (p *page) code(t *testing.T, to, script string) string {
	t.Helper()
	return p.codeAfter(t, to, func() { p.run(script) })
}

// codeAfter takes a step that asks for a code by mail, and returns what came.
func (p *page) codeAfter(t *testing.T, to string, step func()) (code string) {
	t.Helper()
	before := len(p.walk.letters(to))
	step()
	drive.Eventually(t, follows, "a mail has come to "+to, func() bool {
		now := p.walk.letters(to)
		if len(now) > before {
			code = now[0].Code
		}
		return code != ""
	})
	return code
}

// other is a code that is not the given one.
func other(code string) string {
	if code == "000000" {
		return "111111"
	}
	return "000000"
}
