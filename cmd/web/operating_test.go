package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/cmd/web/operate"
)

// example is a command of docs/operating.md with what it prints.
type example struct{ command, output string }

var consoles = regexp.MustCompile("(?s)```console\n(.*?)```")

func examples(t *testing.T) (list []example) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range consoles.FindAllStringSubmatch(string(raw), -1) {
		for line := range strings.Lines(block[1]) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				list = append(list, example{command: strings.TrimSpace(command)})
			} else {
				list[len(list)-1].output += line
			}
		}
	}
	return list
}

// varying is what is different in each run.
var varying = []struct {
	pattern *regexp.Regexp
	same    string
}{
	{regexp.MustCompile(`\b(user|org|sess|ins)_[A-Z2-7]{26}\b`), "${1}_ID"},
	{regexp.MustCompile(`\b[A-Z2-7]{26}\b`), "PASSWORD"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`), "TIME"},
	{regexp.MustCompile(`[ \t]+`), " "},
}

func sameEachRun(s string) string {
	for _, v := range varying {
		s = v.pattern.ReplaceAllString(s, v.same)
	}
	return s
}

var words = regexp.MustCompile(`"[^"]*"|\S+`)

// TestTheExamplesOfOperatingRun runs the page beside a server on the same data folder.
func TestTheExamplesOfOperatingRun(t *testing.T) {
	t.Parallel()
	s := start(t)
	folder := t.TempDir()
	files := map[string][]byte{
		"password.txt": []byte(password + "\n"), "hosted_users.csv": hostedUsers(t), "access.json": accessExample(t),
		"mistaken.json": []byte(`{"roles": [{"key": "org:accountant", "name": "A"}, {"key": "org:auditor", "name": "B", "permissions": ["org:reports:read"]}],
			"plans": [{"key": "pro", "name": "P", "for": "organization", "features": ["invoices"]}, {"key": "free", "name": "F", "for": "organization", "features": ["sunshine"]}]}`),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range examples(t) {
		if strings.HasPrefix(e.command, "bin/web sessions list") && !strings.Contains(e.command, "-status") {
			s.signInAda()
		}
		if got := s.shell(folder, e.command); sameEachRun(got) != sameEachRun(e.output) {
			t.Errorf("$ %s\nprints\n%s\nand not as the page says\n%s", e.command, got, e.output)
		}
	}
}

// accessExample is the document on the page.
func accessExample(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := bytes.Cut(raw, []byte("```json\n"))
	example, _, found := bytes.Cut(after, []byte("```"))
	if !found {
		t.Fatal("the page has no JSON")
	}
	return example
}

// hostedUsers is the file of package identity's tests, without its last two rows.
func hostedUsers(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "identity", "testdata", "hosted_users.csv"))
	if err != nil {
		t.Fatal(err)
	}
	whole, _, _ := bytes.Cut(raw, []byte("org_2wrong"))
	return bytes.ReplaceAll(whole, []byte("ada@"), []byte("augusta@"))
}

// signInAda sets a password that is known and opens a session with it.
func (s *site) signInAda() {
	s.t.Helper()
	b := s.browser(s.t)
	b.do("POST", "/sign-in", url.Values{"identifier": {"ada@example.com"}, "password": {adasPassword}}.Encode(),
		"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0")
}

// adasPassword is what the first example printed.
var adasPassword string

var printedPassword = regexp.MustCompile(`shown this once: (\S+)`)

// shell runs a command line of the page in a folder.
func (s *site) shell(folder, line string) string {
	s.t.Helper()
	var out bytes.Buffer
	m := NewMain(&out, &out)
	args := words.FindAllString(line, -1)
	if args[0] != "bin/web" {
		s.t.Fatalf("%q is no command of the program", line)
	}
	args = args[1:]
	for i := 0; i < len(args); i++ {
		args[i] = strings.Trim(args[i], `"`)
		if args[i] == "<" {
			input, err := os.ReadFile(filepath.Join(folder, args[i+1]))
			if err != nil {
				s.t.Fatal(err)
			}
			m.stdin, args = bytes.NewReader(input), args[:i]
			break
		}
		if ext := filepath.Ext(args[i]); ext == ".jsonl" || ext == ".json" || ext == ".csv" {
			args[i] = filepath.Join(folder, args[i])
		}
	}
	if !operate.Is(args) {
		s.t.Errorf("%q is no command of operators", line)
	}
	err := m.Operate(s.t.Context(), args, func(name string) string { return map[string]string{"DATA_DIR": s.dir}[name] })
	if err != nil {
		out.WriteString("web: " + strings.ReplaceAll(err.Error(), "\n", "\nweb: ") + "\n")
	}
	if found := printedPassword.FindStringSubmatch(out.String()); found != nil {
		adasPassword = found[1]
	}
	return strings.ReplaceAll(out.String(), folder+string(filepath.Separator), "")
}

func TestOperatingNamesEveryCommand(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	var list bytes.Buffer
	operate.List(&list)
	for line := range strings.Lines(list.String()) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
		name = strings.TrimRight(regexp.MustCompile(`[A-Z\[].*`).ReplaceAllString(name, ""), " ")
		if !strings.Contains(string(raw), "bin/"+name) {
			t.Errorf("the page has no example of %s", name)
		}
	}
}

// What an operator does beside the server holds there at once, or within the five seconds
// that a server may keep keys.
func TestTheServerNoticesWhatOperatorsDo(t *testing.T) {
	t.Parallel()
	s := start(t)
	b := s.browser(t)
	b.signUp("ada@example.com", "Ada")
	b.get("/dashboard").want(t, 200)
	before := s.embedded.service.JWTKeyPEM()
	s.shell("", "bin/web keys rotate")
	deadline := time.Now().Add(6 * time.Second)
	for n := 0; n < 2; time.Sleep(100 * time.Millisecond) {
		n = strings.Count(b.get("/__clerk/.well-known/jwks.json").body, `"kid"`)
		if time.Now().After(deadline) {
			t.Fatalf("six seconds after a rotation %d keys are published", n)
		}
	}
	if s.embedded.service.JWTKeyPEM() != before {
		t.Error("the new key signs before others can know it")
	}
	session := regexp.MustCompile(`sess_\w+`).FindString(b.script("/__clerk/v1/client").body)
	renew := func() int { return b.post("/__clerk/v1/client/sessions/"+session+"/tokens", nil).StatusCode }
	if status := renew(); status != 200 {
		t.Fatalf("renewal before the ban: %d", status)
	}
	s.shell("", "bin/web users ban ada@example.com")
	if status := renew(); status != 401 {
		t.Errorf("renewal after the ban: %d, want 401", status)
	}
	if a := s.browser(t).signIn("ada@example.com", "/"); a.StatusCode == 303 {
		t.Error("a banned user signs in")
	}
}

// Roles, permissions and plans that an operator changes beside the server are in the next
// session token, and gone from the one after they were taken away.
func TestTheServerNoticesAccessAndPlans(t *testing.T) {
	t.Parallel()
	s := start(t)
	ada := s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	ada.organize("create", "name", "Acme")
	org, _ := ada.org()
	session := regexp.MustCompile(`sess_\w+`).FindString(ada.script("/__clerk/v1/client").body)
	folder := t.TempDir()
	document := func(permissions string) {
		t.Helper()
		text := `{"roles": [{"key": "org:admin", "name": "Admin", "permissions": ["org:sys_memberships:read", "org:sys_memberships:manage",
			"org:sys_profile:delete"` + permissions + `]}], "permissions": [{"key": "org:invoices:read", "name": "Read"}],
			"features": [{"key": "invoices", "name": "Invoices"}], "plans": [{"key": "pro", "name": "Pro", "for": "organization", "features": ["invoices"]}]}`
		if err := os.WriteFile(filepath.Join(folder, "access.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := s.shell(folder, "bin/web access import access.json -yes"); strings.Contains(out, "web: ") {
			t.Fatal(out)
		}
	}
	granted := func() (permissions, plan string) {
		t.Helper()
		answer := ada.post("/__clerk/v1/client/sessions/"+session+"/tokens", url.Values{"organization_id": {org}})
		var token struct{ JWT string }
		if err := json.Unmarshal([]byte(answer.body), &token); err != nil {
			t.Fatalf("%v in %s", err, answer.body)
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token.JWT+"..", ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		var claims struct {
			O   struct{ Per string }
			Pla string
		}
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Fatal(err)
		}
		return claims.O.Per, claims.Pla
	}
	want := func(when, permissions, plan string) {
		t.Helper()
		if gotPermissions, gotPlan := granted(); gotPermissions != permissions || gotPlan != plan {
			t.Errorf("%s the token grants %q by %q, want %q by %q", when, gotPermissions, gotPlan, permissions, plan)
		}
	}
	document("")
	want("at first", "", "")
	document(`, "org:invoices:read"`)
	want("without a plan", "", "")
	s.shell(folder, "bin/web plans assign pro -org "+org)
	want("with the plan", "read", "o:pro")
	document("")
	want("after the role lost it", "", "o:pro")
	document(`, "org:invoices:read"`)
	s.shell(folder, "bin/web plans withdraw -org "+org)
	want("after the plan was withdrawn", "", "")
}

// I28: people read on their own page what happened to their account, an operator's doing
// included, and nothing of anybody else's.
func TestI28_PeopleSeeWhatHappenedToTheirAccount(t *testing.T) {
	t.Parallel()
	s := start(t)
	ada, grace := s.browser(t), s.browser(t)
	ada.signUp("ada@example.com", "Ada")
	grace.signUp("grace@example.com", "Grace")
	s.browser(t).post("/sign-in", url.Values{"identifier": {"ada@example.com"}, "password": {"not hers"}})
	s.shell("", "bin/web users lock ada@example.com")
	page := ada.settle("/user")
	page.want(t, 200, "Recent activity", "Account created", "Signed in", "A wrong password was entered", "Account locked")
	_, activity, _ := strings.Cut(page.body, "Recent activity")
	if signedIn, created := strings.Index(activity, "Signed in"), strings.Index(activity, "Account created"); signedIn < 0 || signedIn > created {
		t.Error("the account seems to have been made after its first sign-in")
	}
	if other := grace.settle("/user"); strings.Contains(other.body, "wrong password") || strings.Contains(other.body, "Account locked") {
		t.Error("the page of somebody else tells it too")
	}
}
