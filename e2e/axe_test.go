package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"

	"github.com/usherauth/usher/e2e/internal/drive"
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
	b.T.Helper()
	drive.Command(b.Tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	engine := axe(t)
	s := startServer(t)
	b := s.newPerson(t)
	b.Tolerate("Failed to load resource: the server responded with a status of")
	drive.Command(b.Tab, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}) // the engine is not one of the page's scripts
	inspect := func(state string) {
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			for _, path := range pagesOfPeople {
				b.Open(path)
				b.inspect(engine, fmt.Sprintf("%s, %s, %s", path, state, scheme))
			}
		}
	}
	inspect("signed out")
	b.Open("/sign-in")
	b.fill("identifier", "nobody@example.com")
	b.fill("password", "not the password")
	b.submit()
	b.inspect(engine, "/sign-in after a mistake")
	b.signUp(ada)
	inspect("signed in")
	b.Open("/welcome")
	b.Do(openMenu)
	b.inspect(engine, "/welcome with its menu open")
}

// axe is the source of the accessibility engine.
func axe(t *testing.T) string {
	t.Helper()
	drive.Present(t, peer.Install(t.Context(), "axe"))
	source, err := os.ReadFile(filepath.Join("axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// inspect fails the test for every serious finding in the page as it is now.
func (b *tab) inspect(engine, where string) {
	b.T.Helper()
	if !drive.Evaluate[bool](b.Tab, engine+"; typeof axe === 'object'") {
		b.T.Fatal("the engine did not load")
	}
	result := drive.Evaluate[string](b.Tab, `axe.run(document, { resultTypes: ["violations"] })
		.then(({ violations, passes }) => JSON.stringify({ violations, passed: passes.length }))`)
	report := drive.Decoded[struct {
		Violations []finding
		Passed     int
	}](b.Tab, result)
	if report.Passed < 10 {
		b.T.Errorf("%s: only %d rules passed: was there a page?", where, report.Passed)
	}
	for _, f := range report.Violations {
		if f.Impact == "serious" || f.Impact == "critical" {
			b.T.Errorf("%s: %v", where, f)
		} else {
			b.T.Logf("%s: %v", where, f)
		}
	}
}
