package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"

	"github.com/usherauth/usher/internal/peer"
)

// finding is a rule that elements of a page break.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

func (f finding) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s (%s): %s", f.ID, f.Impact, f.Help)
	for _, n := range f.Nodes {
		fmt.Fprintf(&s, "\n\t%.200s\n\t\t%s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n\t\t"))
	}
	return s.String()
}

// scheme makes the tab light or dark.
func (b *tab) scheme(name string) {
	b.t.Helper()
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	engine := axe(t)
	s := startServer(t)
	b := s.newPerson(t)
	b.tolerate("Failed to load resource: the server responded with a status of")
	command(b, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}) // the engine is not one of the page's scripts
	inspect := func(state string) {
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			for _, path := range pagesOfPeople {
				b.open(path)
				b.inspect(engine, fmt.Sprintf("%s, %s, %s", path, state, scheme))
			}
		}
	}
	inspect("signed out")
	b.open("/sign-in")
	b.fill("identifier", "nobody@example.com")
	b.fill("password", "not the password")
	b.submit()
	b.inspect(engine, "/sign-in after a mistake")
	b.signUp(ada)
	inspect("signed in")
	b.open("/welcome")
	b.do(openMenu)
	b.inspect(engine, "/welcome with its menu open")
}

// axe is the source of the accessibility engine.
func axe(t *testing.T) string {
	t.Helper()
	present(t, peer.Install(t.Context(), "axe"))
	source, err := os.ReadFile(filepath.Join("axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// inspect fails the test for every serious finding in the page as it is now.
func (b *tab) inspect(engine, where string) {
	b.t.Helper()
	if !evaluate[bool](b, engine+"; typeof axe === 'object'") {
		b.t.Fatal("the engine did not load")
	}
	result := evaluate[string](b, `axe.run(document, { resultTypes: ["violations"] })
		.then(({ violations, passes }) => JSON.stringify({ violations, passed: passes.length }))`)
	report := decoded[struct {
		Violations []finding
		Passed     int
	}](b, result)
	if report.Passed < 10 {
		b.t.Errorf("%s: only %d rules passed: was there a page?", where, report.Passed)
	}
	for _, f := range report.Violations {
		if f.Impact == "serious" || f.Impact == "critical" {
			b.t.Errorf("%s: %v", where, f)
		} else {
			b.t.Logf("%s: %v", where, f)
		}
	}
}
