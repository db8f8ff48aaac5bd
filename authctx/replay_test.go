package authctx_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/authtest"
	"github.com/usherauth/usher/wire"
)

const filled = "title=Report&text=a+long+one"

// desk is an app with one form, at any address, and the clock it goes by.
type desk struct {
	t     *testing.T
	app   http.Handler
	start time.Time
	after atomic.Int64 // nanoseconds since start
	mu    sync.Mutex
	saved []string // what the handler was sent, with the sender
}

func newDesk(t *testing.T, middleware ...func(http.Handler) http.Handler) *desk {
	t.Helper()
	d := &desk{t: t, start: time.Now().Truncate(time.Second)}
	cfg := authtest.Config(t)
	cfg.Now = d.now
	a, err := authctx.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.app = authctx.RequirePage()(http.HandlerFunc(d.save))
	for _, m := range middleware {
		d.app = m(d.app)
	}
	d.app = a.Handler(d.app)
	return d
}

func (d *desk) now() time.Time { return d.start.Add(time.Duration(d.after.Load())) }

func (d *desk) save(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		_, _ = io.WriteString(w, secretPage)
		return
	}
	if err := r.ParseForm(); err != nil {
		d.t.Errorf("ParseForm: %v", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	auth := authctx.FromContext(r.Context())
	d.saved = append(d.saved, fmt.Sprintf("%s %s %s", auth.UserID(), r.URL.RequestURI(), r.PostForm.Encode()))
}

// send makes a request of a browser whose token was made at age before now.
func (d *desk) send(method, target, body string, cookie *http.Cookie, age time.Duration, who ...authtest.Option) *httptest.ResponseRecorder {
	now := d.start.Add(time.Duration(d.after.Load()))
	req := authtest.NewRequest(d.t, method, target, append([]authtest.Option{authtest.At(now.Add(-age))}, who...)...)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Sec-Fetch-Dest", "document")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	if cookie != nil {
		req.AddCookie(cookie)
	}
	return d.serve(req)
}

func (d *desk) serve(req *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	d.app.ServeHTTP(rec, req)
	return rec
}

// keptCookie is the cookie of a form that was kept, nil when it was not.
func keptCookie(rec *httptest.ResponseRecorder) *http.Cookie {
	for _, c := range rec.Result().Cookies() {
		if strings.HasPrefix(c.Name, "__usher_form_") && c.MaxAge > 0 {
			return c
		}
	}
	return nil
}

const expired, fresh = 2 * time.Minute, time.Second

// fill sends a form with an expired token and returns what the browser is left with.
func (d *desk) fill() *http.Cookie {
	d.t.Helper()
	rec := d.send("POST", "/reports?new=1", filled, nil, expired)
	c := keptCookie(rec)
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/reports?new=1" || c == nil {
		d.t.Fatalf("POST with an expired token: %d, %v", rec.Code, rec.Header())
	}
	return c
}

func (d *desk) wantSaved(want ...string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if got := strings.Join(d.saved, "\n"); got != strings.Join(want, "\n") {
		d.t.Errorf("saved %q, want %q", got, want)
	}
}

func TestKeptFormIsSentOnceAfterAClick(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authctx.KeepForms)
	c := d.fill()
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/reports" || c.MaxAge != 120 {
		t.Errorf("C01: cookie %+v", c)
	}
	if rec := d.send("GET", "/reports?new=1", "", c, expired); rec.Code != http.StatusTemporaryRedirect {
		t.Errorf("GET with the expired token: %d, want the handshake", rec.Code)
	}
	ask := d.send("GET", "/reports?new=1", "", c, fresh)
	if ask.Code != 200 || !strings.Contains(ask.Body.String(), `action="/reports?new=1"`) || strings.Contains(ask.Body.String(), secretPage) {
		t.Fatalf("after renewal: %d %s", ask.Code, ask.Body)
	}
	if h := ask.Header(); h.Get("Cache-Control") != "private, no-store" || h.Get("X-Frame-Options") != "DENY" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("H01, F11: headers %v", h)
	}
	d.wantSaved() // F07: reading sends nothing
	done := d.send("POST", "/reports?new=1", "usher_form=again", c, fresh)
	if done.Code != 200 || !strings.Contains(done.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("after the click: %d %v", done.Code, done.Header())
	}
	once := "user_test /reports?new=1 text=a+long+one&title=Report"
	d.wantSaved(once)
	if again := d.send("POST", "/reports?new=1", "usher_form=again", c, fresh); again.Code != http.StatusSeeOther {
		t.Errorf("the second click: %d", again.Code)
	}
	if page := d.send("GET", "/reports?new=1", "", c, fresh); page.Body.String() != secretPage || keptCookie(page) != nil {
		t.Errorf("afterwards: %s", page.Body)
	}
	d.wantSaved(once)
}

// TestB22_FormsThatWereParsedBeforeAreKept: a middleware for method overrides or tokens
// against forgery has read the body before the guard denies the request.
func TestB22_FormsThatWereParsedBeforeAreKept(t *testing.T) {
	t.Parallel()
	parsed := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = r.FormValue("_method")
			next.ServeHTTP(w, r)
		})
	}
	d := newDesk(t, authctx.KeepForms, parsed)
	c := d.fill()
	if ask := d.send("GET", "/reports?new=1", "", c, fresh); !strings.Contains(ask.Body.String(), `value="again"`) {
		t.Fatalf("after renewal: %d %s", ask.Code, ask.Body)
	}
	d.send("POST", "/reports?new=1", "usher_form=again", c, fresh)
	d.wantSaved("user_test /reports?new=1 text=a+long+one&title=Report")
	if rec := d.send("POST", "/reports?new=1", "title=Report&password=x", nil, expired); keptCookie(rec) != nil {
		t.Error("a form with a password is kept")
	}
}

func TestKeptFormIsSentOnceToTheQuickest(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authctx.KeepForms)
	c := d.fill()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { d.send("POST", "/reports?new=1", "usher_form=again", c, fresh) })
	}
	all.Wait()
	d.wantSaved("user_test /reports?new=1 text=a+long+one&title=Report")
}

// TestKeptFormStaysWithItsSender: nobody else, nowhere else, no later and not by another
// page's will.
func TestKeptFormStaysWithItsSender(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(d *desk, c *http.Cookie){
		"another user": func(d *desk, c *http.Cookie) {
			d.send("POST", "/reports?new=1", "usher_form=again", c, fresh, authtest.User("user_mallory"))
		},
		"another organisation": func(d *desk, c *http.Cookie) {
			d.send("POST", "/reports?new=1", "usher_form=again", c, fresh, authtest.Org("org_2", "admin"))
		},
		"another address": func(d *desk, c *http.Cookie) {
			d.send("POST", "/reports?new=2", "usher_form=again", c, fresh)
		},
		"another key": func(d *desk, c *http.Cookie) {
			other := *c
			other.Value = strings.Repeat("A", len(c.Value))
			d.send("POST", "/reports?new=1", "usher_form=again", &other, fresh)
		},
		"no key": func(d *desk, _ *http.Cookie) { d.send("POST", "/reports?new=1", "usher_form=again", nil, fresh) },
		"two minutes": func(d *desk, c *http.Cookie) {
			d.after.Store(int64(2 * time.Minute))
			d.send("POST", "/reports?new=1", "usher_form=again", c, fresh)
		},
		"dropped": func(d *desk, c *http.Cookie) {
			if rec := d.send("POST", "/reports?new=1", "usher_form=drop", c, fresh); rec.Code != http.StatusSeeOther {
				d.t.Errorf("drop: %d", rec.Code)
			}
			d.send("POST", "/reports?new=1", "usher_form=again", c, fresh)
		},
		"signed out": func(d *desk, c *http.Cookie) {
			if rec := d.send("POST", "/reports?new=1", "usher_form=again", c, fresh, authtest.SignedOut()); rec.Code != http.StatusSeeOther {
				d.t.Errorf("signed out: %d", rec.Code)
			}
		},
		"F01 another site's click": func(d *desk, c *http.Cookie) {
			req := authtest.NewRequest(d.t, "POST", "/reports?new=1", authtest.At(d.start))
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader("usher_form=again")), 16
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Sec-Fetch-Site", "cross-site")
			req.AddCookie(c)
			d.serve(req)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authctx.KeepForms)
			try(d, d.fill())
			d.mu.Lock()
			defer d.mu.Unlock()
			for _, s := range d.saved {
				if strings.Contains(s, "long") {
					t.Errorf("saved %q", s)
				}
			}
		})
	}
}

// TestOnlyLapsedFormsOfOwnPagesAreKept: everything else is denied as without KeepForms.
func TestOnlyLapsedFormsOfOwnPagesAreKept(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, tt := range map[string]struct {
		body   string
		change func(*http.Request)
		age    time.Duration
		who    authtest.Option
		keep   bool
	}{
		"lapsed":                     {filled, nil, expired, nil, true},
		"empty":                      {"", nil, expired, nil, true},
		"by Origin":                  {filled, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", authtest.Origin) }, expired, nil, true},
		"older than the last change": {filled, func(r *http.Request) { bumpUAT(r) }, fresh, nil, true},
		"not lapsed but early":       {filled, nil, -time.Hour, nil, false},
		"parsed by somebody before":  {filled, func(r *http.Request) { _ = r.ParseForm() }, expired, nil, true},
		"read by somebody before":    {filled, func(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, expired, nil, false},
		"F01 cross-site":             {filled, set("Sec-Fetch-Site", "cross-site"), expired, nil, false},
		"F01 same-site":              {filled, set("Sec-Fetch-Site", "same-site"), expired, nil, false},
		"F02 another origin":         {filled, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") }, expired, nil, false},
		"F03 no origin":              {filled, func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }, expired, nil, false},
		"signed out":                 {filled, nil, expired, authtest.SignedOut(), false},
		"pending":                    {filled, nil, expired, authtest.Claim("sts", "pending"), false},
		"a forged token":             {filled, func(r *http.Request) { r.Header.Set("Cookie", r.Header.Get("Cookie")+"x") }, expired, nil, false},
		"for another app":            {filled, nil, expired, authtest.Claim("azp", "https://evil.example"), false},
		"a bearer":                   {filled, nil, expired, authtest.Bearer(), false},
		"JSON":                       {filled, set("Content-Type", "application/json"), expired, nil, false},
		"a file":                     {filled, set("Content-Type", "multipart/form-data; boundary=x"), expired, nil, false},
		"htmx":                       {filled, set("HX-Request", "true"), expired, nil, false},
		"a password":                 {"name=a&new_Password=b", nil, expired, nil, false},
		"a one-time code":            {"code=123456", nil, expired, nil, false},
		"a card":                     {"card_number=4", nil, expired, nil, false},
		"S02 too long":               {"a=" + strings.Repeat("x", 64<<10), nil, expired, nil, false},
		"S02 too long, not said":     {"a=" + strings.Repeat("x", 64<<10), func(r *http.Request) { r.ContentLength = -1 }, expired, nil, false},
		"garbled":                    {"a=%zz", nil, expired, nil, false},
		"S04 broken":                 {filled, func(r *http.Request) { r.Body = io.NopCloser(io.MultiReader(r.Body, broken{})); r.ContentLength = -1 }, expired, nil, false},
		"S04 cut short":              {filled, func(r *http.Request) { r.ContentLength++ }, expired, nil, false},
		"R01 an address that leads away": {filled, func(r *http.Request) {
			r.URL.Path, r.RequestURI = "//evil.example/", "//evil.example/"
		}, expired, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, authctx.KeepForms)
			opts := []authtest.Option{authtest.At(d.start.Add(-tt.age))}
			if tt.who != nil {
				opts = append(opts, tt.who)
			}
			req := authtest.NewRequest(t, "POST", "/reports?new=1", opts...)
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader(tt.body)), int64(len(tt.body))
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if tt.change != nil {
				tt.change(req)
			}
			rec := d.serve(req)
			checkDenied(t, rec)
			d.wantSaved()
			if (keptCookie(rec) != nil) != tt.keep {
				t.Errorf("kept: %v, want %v; %d %v", keptCookie(rec) != nil, tt.keep, rec.Code, rec.Header())
			}
			if want := map[bool]string{true: "/reports?new=1", false: "/sign-in"}[tt.keep]; name != "htmx" && rec.Header().Get("Location") != want {
				t.Errorf("leads to %q, want %q", rec.Header().Get("Location"), want)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// bumpUAT says that somebody signed in elsewhere meanwhile.
func bumpUAT(r *http.Request) {
	cookies := r.Cookies()
	r.Header.Del("Cookie")
	for _, c := range cookies {
		if strings.HasPrefix(c.Name, "__client_uat") {
			c.Value = "9" + c.Value
		}
		r.AddCookie(c)
	}
}

func TestFormsAreLostWithoutKeepForms(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if rec := d.send("POST", "/reports", filled, nil, expired); rec.Header().Get("Location") != "/sign-in" || keptCookie(rec) != nil {
		t.Errorf("got %d %v", rec.Code, rec.Header())
	}
}

// TestOrdinaryRequestsBesideAKeptForm: a cookie alone changes nothing that is not about it.
func TestOrdinaryRequestsBesideAKeptForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authctx.KeepForms)
	c := d.fill()
	d.send("POST", "/reports?new=1", "a=b", c, fresh)
	d.send("POST", "/reports?new=1", "usher_form=maybe", c, fresh)
	d.send("POST", "/reports?new=1", filled+"&more=1", c, fresh)
	d.wantSaved("user_test /reports?new=1 a=b", "user_test /reports?new=1 usher_form=maybe", "user_test /reports?new=1 more=1&text=a+long+one&title=Report")
	req := authtest.NewRequest(t, "GET", "/reports?new=1", authtest.At(d.start))
	req.AddCookie(c)
	if rec := d.serve(req); rec.Body.String() != secretPage {
		t.Errorf("a script's GET: %s", rec.Body)
	}
}

// TestS02_KeptFormsAreBounded: one form a user, and no more in all than fit.
func TestS02_KeptFormsAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authctx.KeepForms)
	large := "a=" + strings.Repeat("x", 60<<10)
	stored := 0
	for i := range 160 {
		if keptCookie(d.send("POST", "/reports?new=1", large, nil, expired, authtest.User(fmt.Sprint("user_", i)))) != nil {
			stored++
		}
	}
	if stored < 100 || stored > 140 {
		t.Errorf("kept %d forms of 60 KiB, want about 8 MiB", stored)
	}
	if keptCookie(d.send("POST", "/reports?new=1", large, nil, expired, authtest.User("user_0"))) == nil {
		t.Error("a user's second form does not take the place of the first")
	}
	d.after.Store(int64(3 * time.Minute))
	if keptCookie(d.send("POST", "/reports?new=1", large, nil, expired, authtest.User("user_late"))) == nil {
		t.Error("old forms are still in the way")
	}
}

// TestB16_KeptFormsBelongToOneInstance: another instance on the same host has a cookie of
// its own, which is neither taken nor deleted here.
func TestB16_KeptFormsBelongToOneInstance(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authctx.KeepForms)
	c := d.fill()
	if rec := d.send("GET", "/reports?new=1", "", c, fresh); !strings.Contains(rec.Body.String(), "Send it now") {
		t.Fatalf("the form is not offered: %s", rec.Body)
	}
	other := *c
	other.Name = "__usher_form_" + wire.CookieSuffix("pk_test_other")
	rec := d.send("GET", "/reports?new=1", "", &other, fresh)
	if strings.Contains(rec.Body.String(), "Send it now") || len(rec.Result().Cookies()) > 0 {
		t.Errorf("the cookie of another instance: %v %s", rec.Result().Cookies(), rec.Body)
	}
}
