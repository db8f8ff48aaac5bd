package views_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/static"
	"github.com/usherauth/usher/views"
)

func TestAuthPropsAreJSONOfTheRequest(t *testing.T) {
	t.Parallel()
	ctx := signedIn(t)
	root := parse(t, render(t, ctx, views.AuthProps(authctx.BuildAuthProps(ctx, authctx.WithUser(ada())))))
	want, err := json.Marshal(authctx.BuildAuthProps(ctx, authctx.WithUser(ada())))
	if err != nil {
		t.Fatal(err)
	}
	if got := propsText(t, root); got != string(want) {
		t.Errorf("props %s, want %s", got, want)
	}
}

func TestPropsAndScriptsAreRenderedOnce(t *testing.T) {
	t.Parallel()
	ctx := signedIn(t)
	props := authctx.BuildAuthProps(ctx)
	root := parse(t, render(t, ctx, views.AuthProps(props), views.Scripts(), views.Scripts(), views.AuthProps(props)))
	if got := len(elements(root, "script")); got != 3 {
		t.Errorf("%d script elements, want 3", got)
	}
	again := parse(t, render(t, signedIn(t), views.AuthProps(props), views.Scripts()))
	if got := len(elements(again, "script")); got != 3 {
		t.Errorf("the next page has %d script elements, want 3", got)
	}
}

func TestScriptsNameModuleAndInstance(t *testing.T) {
	t.Parallel()
	ctx := templ.WithNonce(signedIn(t), `n"1`)
	list := elements(parse(t, render(t, ctx, views.Scripts())), "script")
	if len(list) != 2 {
		t.Fatalf("%d script elements, want 2", len(list))
	}
	var imports struct{ Imports map[string]string }
	if err := json.Unmarshal([]byte(text(list[0])), &imports); err != nil {
		t.Fatal(err)
	}
	if got := imports.Imports["authctx"]; got != static.URL("authctx.js") {
		t.Errorf("import map leads to %q", got)
	}
	instance := authctx.InstanceFromContext(ctx)
	for name, want := range map[string]string{
		"type": "module", "nonce": `n"1`, "src": static.URL("authctx.js"),
		"data-proxy-url": "/__clerk", "data-cookie-suffix": instance.CookieSuffix,
	} {
		if got, _ := attr(list[1], name); got != want || want == "" {
			t.Errorf("module script has %s=%q, want %q", name, got, want)
		}
	}
}

// Scripts say nothing about the person, and do not mark the response as private.
func TestH06_ScriptsAreTheSameForEverybody(t *testing.T) {
	t.Parallel()
	if in, out := render(t, signedIn(t), views.Scripts()), render(t, signedOut(t), views.Scripts()); in != out {
		t.Errorf("signed in %q, signed out %q", in, out)
	}
}

// templ only warns when generator and runtime differ.
// What is generated carries no version, because it would read as part of the package
// comment; make check-generated compares it with what the generator gives.
func TestTemplGeneratorIsTheRuntimesVersion(t *testing.T) {
	t.Parallel()
	version := regexp.MustCompile(`github\.com/a-h/templ (v\S+)`)
	var found []string
	for _, name := range []string{"../go.mod", "../tools/go.mod"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		match := version.FindStringSubmatch(string(raw))
		if match == nil {
			t.Fatalf("%s does not require templ", name)
		}
		found = append(found, match[1])
	}
	if found[0] != found[1] {
		t.Errorf("runtime %s, generator %s; generate again", found[0], found[1])
	}
}
