package handlers_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// multipartOf writes fields as browsers send them with enctype multipart/form-data.
func multipartOf(t *testing.T, file bool, fields ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if file {
		f, err := w.CreateFormFile("picture", "a.png")
		if err == nil {
			_, err = f.Write([]byte("png"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestB22_FormsThatAMiddlewareHasRead(t *testing.T) {
	t.Parallel()
	const encoded = "application/x-www-form-urlencoded"
	plain := url.Values{"identifier": {"ada@example.com"}, "password": {"the-password"}, "redirect_url": {"/here"}}.Encode()
	parts, partsType := multipartOf(t, false, "identifier", "ada@example.com", "password", "the-password", "redirect_url", "/here")
	long, longType := multipartOf(t, false, "identifier", "ada@example.com", "password", strings.Repeat("x", 70_000))
	double, doubleType := multipartOf(t, false, "identifier", "ada@example.com", "identifier", "eve@example.com", "password", "the-password")
	many := make([]string, 0, 404)
	for range 202 {
		many = append(many, "x"+strings.Repeat("y", len(many)/2), "1")
	}
	crowd, crowdType := multipartOf(t, false, many...)
	upload, uploadType := multipartOf(t, true, "identifier", "ada@example.com", "password", "the-password")
	before := map[string]func(*http.Request){
		"nobody":             func(*http.Request) {},
		"FormValue":          func(r *http.Request) { r.FormValue("_method") },
		"PostFormValue":      func(r *http.Request) { r.PostFormValue("csrf") },
		"ParseForm":          func(r *http.Request) { _ = r.ParseForm() },
		"ParseMultipartForm": func(r *http.Request) { _ = r.ParseMultipartForm(1 << 20) },
		"a reader that sets Form alone": func(r *http.Request) {
			r.FormValue("_method")
			r.PostForm, r.MultipartForm = nil, nil
		},
	}
	for _, tt := range []struct {
		name, body, contentType string
		status                  int
	}{
		{"plain", plain, encoded, 303},
		{"plain with a charset", plain, encoded + "; charset=UTF-8", 303},
		{"multipart", parts, partsType, 303},
		{"too long", url.Values{"identifier": {"ada@example.com"}, "password": {strings.Repeat("x", 70_000)}}.Encode(), encoded, 413},
		{"too long, multipart", long, longType, 413},
		{"a field twice", plain + "&identifier=eve", encoded, 400},
		{"a field twice, multipart", double, doubleType, 400},
		{"many fields", strings.Repeat("x=1&", 202) + plain, encoded, 400},
		{"many fields, multipart", crowd, crowdType, 400},
		{"not UTF-8", "identifier=%ff&password=x", encoded, 400},
		{"a file", upload, uploadType, 400},
		{"cut", parts[:strings.Index(parts, "the-pass")], partsType, 400},
	} {
		for who, read := range before {
			if (tt.name == "a file" || tt.name == "cut") && strings.Contains(who, "Form alone") {
				continue // nothing is left to tell it by
			}
			t.Run(tt.name+" read by "+who, func(t *testing.T) {
				t.Parallel()
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/sign-in?identifier=eve@example.com&password=2", strings.NewReader(tt.body))
				r.Header.Set("Content-Type", tt.contentType)
				r.Header.Set("Origin", origin)
				read(r)
				var sent url.Values
				up := upstream(func(r *http.Request) (*http.Response, error) {
					body, _ := io.ReadAll(r.Body)
					sent, _ = url.ParseQuery(string(body))
					return response(200, signedIn), nil
				})
				rec := httptest.NewRecorder()
				newHandlers(t, up).SignIn(rec, r)
				if rec.Code != tt.status {
					t.Fatalf("%d, want %d\n%s", rec.Code, tt.status, rec.Body)
				}
				if tt.status == 303 && (sent.Get("identifier") != "ada@example.com" || sent.Get("password") != "the-password" || rec.Header().Get("Location") != "/here") {
					t.Errorf("sent %v, to %q", sent, rec.Header().Get("Location"))
				}
			})
		}
	}
}

// A body that somebody read without keeping it is not an empty form.
func TestB22_ABodyThatIsGone(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/sign-in", strings.NewReader("identifier=ada&password=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, _ = io.Copy(io.Discard, r.Body)
	rec := httptest.NewRecorder()
	newHandlers(t, unreachable).SignIn(rec, r)
	if rec.Code != 400 || strings.Contains(rec.Body.String(), "Enter a password") {
		t.Errorf("%d\n%s", rec.Code, rec.Body)
	}
}

// The Frontend API below such a middleware gets the form that the browser sent.
func TestB22_TheFrontendAPIGetsTheForm(t *testing.T) {
	t.Parallel()
	var got string
	h := newHandlers(t, func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		got = string(body)
		return response(200, `{}`), nil
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/__clerk/v1/client/sign_ins?_method=PATCH", strings.NewReader("identifier=ada%40example.com&password=a+b"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.FormValue("_method")
	rec := httptest.NewRecorder()
	h.FrontendAPI().ServeHTTP(rec, r)
	if rec.Code != 200 || got != "identifier=ada%40example.com&password=a+b" {
		t.Errorf("%d, body %q", rec.Code, got)
	}
}
