package authctx

import (
	"bytes"
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
// guard below it would redirect them to the sign-in page. With a refresh token
// [Authenticator.Handler] has renewed the session by then, and no form is lost. Without one
// the form is kept for two minutes: the browser goes to the same address with GET,
// where [Authenticator.Handler] renews the session, and the person is asked there whether
// to send the form now. No script is needed.
//
//	r.Use(auth.Handler, authctx.KeepForms)
//
// It belongs in front of the guards. Directly below a guard it changes places with it when
// the routes are built. Anywhere else below a guard, and with none in front of it, it panics
// on the first request, because the guard would have lost the form by then.
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
func KeepForms(next http.Handler) http.Handler { return keepsForms{next} }

type keepsForms struct{ next http.Handler }

// ServeHTTP implements [http.Handler].
func (k keepsForms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	state := mustFind(r)
	if state.guard.guarded && !state.guard.keepsForms {
		panic("authctx: KeepForms below a guard such as RequirePage keeps no form: put it in front of the guard, like r.Use(auth.Handler, authctx.KeepForms)")
	}
	state.guard.keepsForms = true
	if form := state.form(); form != "" {
		if r = state.owner.resumeForm(w, r, form); r == nil {
			return
		}
	}
	k.next.ServeHTTP(w, r)
}

// late reports a form of the app's own pages that is denied because time has passed.
func (a *Authenticator) late(r *http.Request, d Denied) bool {
	return mustFind(r).guard.keepsForms && d.Status == http.StatusUnauthorized && d.Kind == KindDocument &&
		lapsed(d.Reason) && a.sameOrigin(r)
}

// keepForm keeps the form of a request that is about to be denied and leads to where the
// session is renewed. It reports false, and has answered nothing, when there is none to keep.
func (a *Authenticator) keepForm(w http.ResponseWriter, r *http.Request, d Denied) bool {
	if !a.late(r, d) || !isForm(r) {
		return false
	}
	who := a.lapsedUser(r)
	asked := web.Requested(r)
	target := asked.RequestURI()
	if _, ok := web.SafeReturn(target, "", nil); who == nil || !ok || strings.ContainsAny(asked.EscapedPath(), `;,"`) {
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
	return &v.auth
}

func isForm(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.EqualFold(r.Header.Get("Content-Type"), formType)
}

// readForm reads a form that may be kept, or takes it from a middleware that has parsed it.
func readForm(r *http.Request) ([]byte, bool) {
	if r.ContentLength > maxForm {
		return nil, false
	}
	body, fields := []byte(r.PostForm.Encode()), r.PostForm
	if fields == nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxForm+1)); err != nil || r.ContentLength >= 0 && int64(len(body)) != r.ContentLength {
			return nil, false
		}
		if fields, err = url.ParseQuery(string(body)); err != nil {
			return nil, false
		}
	}
	if len(body) > maxForm || len(body) == 0 && r.ContentLength > 0 { // the latter was read and not parsed
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
	case isForm(r) && a.sameOrigin(r):
		switch formAnswer(r) {
		case "again":
			return a.sendForm(w, r, auth, key)
		case "drop":
			a.forms.open(a.now(), auth, r, key, true)
			http.SetCookie(w, a.formCookie(r, "", -1))
			http.Redirect(w, r, web.Requested(r).RequestURI(), http.StatusSeeOther)
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
		w.Header().Set("Location", web.Requested(r).RequestURI())
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
	if r.PostForm != nil { // a middleware has parsed it
		answer, _ := strings.CutPrefix(r.PostForm.Encode(), formField+"=")
		return answer
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, longest)) // an error comes again when the rest is read
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	answer, _ := strings.CutPrefix(string(body), formField+"=")
	return answer
}

// formCookie is the name of the cookie of kept forms.
func (in *instance) formCookie() string {
	if in.suffix == "" {
		return formCookieName
	}
	return formCookieName + "_" + in.suffix
}

// formCookie goes back to the form's address only. An age below 0 removes it.
func (a *Authenticator) formCookie(r *http.Request, value string, age int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure wherever the app is served encrypted
		Name: a.inst.formCookie(), Value: value, Path: web.Requested(r).EscapedPath(), MaxAge: age, HttpOnly: true,
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
`, html.EscapeString(web.Requested(r).RequestURI()), formField)
}
