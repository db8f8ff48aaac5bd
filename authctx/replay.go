package authctx

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

const (
	formField      = "usher_form" // its values: again and drop
	formCookieName = "__usher_form"
	formType       = "application/x-www-form-urlencoded"
)

// KeepForms saves forms that people send just after their session token expired, where a
// guard below it would lead them to the sign-in page. With a refresh token the session is
// renewed from server to server, and the form goes on as if nothing had happened.
// Without one it is kept for two minutes: the browser goes to the same address with GET,
// where [Authenticator.Handler] renews the session, and the person is asked there whether
// to send the form now. No script is needed.
//
//	r.Use(auth.Handler, authctx.KeepForms)
//
// GET of a form's address has to pass it too: use it on the router, or on routes that
// have both methods. Without that the form is lost, as it is without KeepForms.
//
// What is kept, and what could go wrong: only url-encoded forms of documents, up to
// 64 KiB, posted by the app's own pages (Sec-Fetch-Site or Origin says so), by somebody
// whose token was genuine and lacked nothing but time. Forms with a field that is named
// like a password, a code or a card are never kept. A form is sealed with a key
// that only the browser has, in a cookie for scripts and other sites out of reach, and
// bound to the user, the active organisation and the address: whoever comes back as
// somebody else does not get it. It is sent once, after a click, and never by a GET. One
// form is kept for each user, at most 256 and 8 MiB in all, in this process only: behind
// a balancer that sends the click elsewhere the form is lost.
func KeepForms(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state := mustFind(r)
		if r.Method == http.MethodPost {
			r = r.WithContext(context.WithValue(r.Context(), keepsForms{}, true))
		}
		if form := state.form(); form != "" {
			if r = state.owner.resumeForm(w, r, form); r == nil {
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

type keepsForms struct{}

// late reports a form of the app's own pages that is denied because time has passed.
func (a *Authenticator) late(r *http.Request, d Denied) bool {
	return r.Context().Value(keepsForms{}) != nil && d.Status == http.StatusUnauthorized && d.Kind == KindDocument &&
		lapsed(d.Reason) && a.fromOwnForm(r)
}

// renewForm returns a late form's request with its session renewed from server to server,
// nil where that cannot be done. The reference renews for GET only, because a form of
// another site must not profit from it; this one is from the app's own pages. Its body is
// not touched, so it may be of any size and hold anything. The renewed session has to be
// of the same user in the same organisation.
func (a *Authenticator) renewForm(w http.ResponseWriter, r *http.Request, d Denied) *http.Request {
	if !a.late(r, d) || d.Reason == wire.ReasonSessionBeforeUAT {
		return nil
	}
	who := a.lapsedUser(r)
	var c credentials
	a.read(r, &c)
	if who == nil || c.refresh == "" {
		return nil
	}
	asGet := r.WithContext(r.Context())
	asGet.Method = http.MethodGet
	renewed, failed := a.refresh(asGet, &c, c.session)
	if failed != "" || renewed.auth.userID != who.userID || renewed.auth.org.ID != who.org.ID {
		return nil
	}
	web.SetCookies(w.Header(), renewed.cookies...)
	return r.WithContext(NewContext(r.Context(), renewed.auth))
}

// keepForm keeps the form of a request that is about to be denied and leads to where the
// session is renewed. It reports false, and has answered nothing, when there is none to keep.
func (a *Authenticator) keepForm(w http.ResponseWriter, r *http.Request, d Denied) bool {
	if !a.late(r, d) || !isForm(r) {
		return false
	}
	who := a.lapsedUser(r)
	target := r.URL.RequestURI()
	if _, ok := web.SafeReturn(target, "", nil); who == nil || !ok || strings.ContainsAny(r.URL.EscapedPath(), `;,"`) {
		return false // a cookie's path cannot hold the last ones
	}
	body, ok := readForm(r)
	if !ok {
		return false
	}
	key, ok := a.forms.put(a.now(), who, r, body)
	if !ok {
		return false
	}
	http.SetCookie(w, a.formCookie(r, key, int(keptFor.Seconds())))
	w.Header().Set("Location", target)
	w.WriteHeader(http.StatusSeeOther)
	return true
}

// lapsed reports a session that only time or a newer one has ended.
func lapsed(reason wire.Reason) bool {
	return strings.HasPrefix(string(reason), string(wire.ReasonSessionExpired)) || reason == wire.ReasonSessionBeforeUAT
}

// lapsedUser is whom the session cookie names, if it lacks nothing but time.
func (a *Authenticator) lapsedUser(r *http.Request) *Auth {
	var c credentials
	a.read(r, &c)
	if c.bearer != "" || c.session == "" {
		return nil
	}
	v, err := a.lookup(r.Context(), c.session, a.now())
	if err != nil || v.auth.status == wire.SessionPending {
		return nil
	}
	return v.auth
}

func isForm(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.EqualFold(r.Header.Get("Content-Type"), formType)
}

// fromOwnForm reports a form of the app's own pages. A request that does not say where it
// comes from is not believed to be one.
func (a *Authenticator) fromOwnForm(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Get("Origin")
	return origin != "" && origin == a.originOf(r)
}

// readForm reads a form that may be kept.
func readForm(r *http.Request) ([]byte, bool) {
	if r.ContentLength > maxForm || r.PostForm != nil {
		return nil, false // the latter has been read by somebody before
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil || len(body) > maxForm || r.ContentLength >= 0 && int64(len(body)) != r.ContentLength {
		return nil, false
	}
	fields, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, false
	}
	for name := range fields {
		if secretName(strings.ToLower(name)) {
			return nil, false
		}
	}
	return body, true
}

// secretName errs on the side of losing a form.
func secretName(name string) bool {
	for _, part := range []string{"pass", "pwd", "secret", "otp", "cvc", "cvv", "card"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return name == "code" || name == "pin"
}

// resumeForm goes on with a form that was kept. It returns the request to serve, nil when
// it answered itself.
func (a *Authenticator) resumeForm(w http.ResponseWriter, r *http.Request, key string) *http.Request {
	auth := FromContext(r.Context())
	switch {
	case r.Method == http.MethodGet && auth.SignedIn() && navigates(r.Header):
		if _, ok := a.forms.open(a.now(), auth, r, key, false); ok {
			askAgain(w, r)
			return nil
		}
		http.SetCookie(w, a.formCookie(r, "", -1))
	case isForm(r) && a.fromOwnForm(r):
		switch formAnswer(r) {
		case "again":
			return a.sendForm(w, r, auth, key)
		case "drop":
			a.forms.open(a.now(), auth, r, key, true)
			http.SetCookie(w, a.formCookie(r, "", -1))
			http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther)
			return nil
		}
	}
	return r
}

// sendForm puts the kept form in the place of the click. A click that comes so late that
// the session has expired again is asked for once more.
func (a *Authenticator) sendForm(w http.ResponseWriter, r *http.Request, auth *Auth, key string) *http.Request {
	var body []byte
	ok := auth.SignedIn()
	if ok {
		http.SetCookie(w, a.formCookie(r, "", -1))
		body, ok = a.forms.open(a.now(), auth, r, key, true)
	}
	if !ok {
		w.Header().Set("Location", r.URL.RequestURI())
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	r = r.Clone(r.Context())
	r.Form, r.PostForm = nil, nil
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return r
}

// formAnswer is the button of askAgain that was clicked, "" for any other form, which is
// left as it was.
func formAnswer(r *http.Request) string {
	const longest = int64(len(formField + "=again"))
	if r.ContentLength <= 0 || r.ContentLength > longest {
		return ""
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, longest)) // an error comes again when the rest is read
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	answer, _ := strings.CutPrefix(string(body), formField+"=")
	return answer
}

// formCookie goes back to the form's address only. An age below 0 removes it.
func (a *Authenticator) formCookie(r *http.Request, value string, age int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure wherever the app is served encrypted
		Name: formCookieName, Value: value, Path: r.URL.EscapedPath(), MaxAge: age, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil || strings.HasPrefix(a.originOf(r), "https:"),
	}
}

func askAgain(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	web.PrivateHeaders(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // nobody may borrow the click
	if h.Get("Content-Security-Policy") == "" {
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	}
	_, _ = fmt.Fprintf(w, `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Send the form?</title></head>
<body><main><h1>Send the form?</h1>
<p>Your session had expired and was renewed. What you filled in has not been sent yet.</p>
<form method="post" action="%s"><button name="%[2]s" value="again">Send it now</button> <button name="%[2]s" value="drop">Do not send it</button></form>
</main></body></html>
`, html.EscapeString(r.URL.RequestURI()), formField)
}
