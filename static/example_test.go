package static_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"

	"github.com/usherauth/usher/static"
)

func ExampleHandler() {
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", static.URL("app.css"), http.NoBody))
	fmt.Println(w.Code, w.Header().Get("Cache-Control"))
	// Output: 200 public, max-age=31536000, immutable
}

// The handler expects its prefix in the path. Without it nothing is found.
func ExampleHandler_incorrect() {
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, http.StripPrefix(static.Prefix, static.Handler()))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", static.URL("app.css"), http.NoBody))
	fmt.Println(w.Code)
	// Output: 404
}

// A module name that is wrong is a mistake of the program, which shows at start when the
// address is kept in a package variable.
func ExampleURL() {
	fmt.Println(regexp.MustCompile(`^/static/authctx-[0-9a-f]{12}\.js$`).MatchString(static.URL("authctx.js")))
	defer func() { fmt.Println(recover() != nil) }()
	static.URL("authctx.ts")
	// Output:
	// true
	// true
}
