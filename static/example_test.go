package static_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

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
