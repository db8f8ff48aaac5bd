package walk

import (
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// maxRedirects is how many redirects a person may be sent through before a page shows.
const maxRedirects = 5

// Person is somebody with a browser: one set of cookies and the page that they look at.
// A Person belongs to one goroutine.
type Person struct {
	T testing.TB
	// Transport reaches the servers, such as a [Network]; nil is [http.DefaultTransport].
	Transport http.RoundTripper
	// Bare is a browser that sends no Sec-Fetch fields, as none does on a plain http
	// origin.
	Bare bool
	// Header goes with every request, such as a proxy's X-Forwarded-For.
	Header http.Header
	// Page is what the person sees.
	Page Page

	jar  http.CookieJar
	step string // what the person is about to do, for failures
}

// Page is a document as the browser shows it. The zero value is an empty tab.
type Page struct {
	URL    *url.URL
	Status int
	Header http.Header
	Body   string
	Trail  []string // the addresses that led here, with their statuses

	root *html.Node
}

// NewPerson returns a person without cookies.
func NewPerson(t testing.TB, transport http.RoundTripper) *Person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Person{T: t, Transport: transport, jar: jar}
}

// Another opens a second tab: the same person with the same cookies.
func (p *Person) Another() *Person {
	return &Person{T: p.T, Transport: p.Transport, Bare: p.Bare, Header: p.Header, jar: p.jar}
}

func host(t testing.TB, origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	if u.Port() != "" {
		return u.Host
	}
	return u.Host + map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
}

// failf ends the walk and says where the person is.
func (p *Person) failf(format string, args ...any) {
	p.T.Helper()
	at := ""
	if p.Page.URL != nil {
		at = fmt.Sprintf("\nat %v: %d\n%s\nby way of %s", p.Page.URL, p.Page.Status, short(p.Page.Body), strings.Join(p.Page.Trail, "\n\t"))
	}
	p.T.Fatalf("%s: %s%s", p.step, fmt.Sprintf(format, args...), at)
}

func short(s string) string {
	if len(s) > 1500 {
		return s[:1500] + "…"
	}
	return s
}

// Open types an address.
func (p *Person) Open(address string) {
	p.T.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.T.Fatal(err)
	}
	p.navigate(http.MethodGet, u, "", nil)
}

// Follow clicks the first link whose path ends so, which may be in a header that all pages
// have.
func (p *Person) Follow(end string) {
	p.T.Helper()
	for n := range p.elements("a") {
		if u := p.resolve(attribute(n, "href")); strings.HasSuffix(u.Path, end) {
			p.navigate(http.MethodGet, u, "", p.Page.URL)
			return
		}
	}
	p.failf("no link to …%s on the page", end)
}

// Form is a form of the page with what is filled in.
type Form struct {
	Method string
	Action *url.URL
	Values url.Values
}

// Find returns the first form that has all the named fields or buttons, filled in as the
// page has it, nil without one. A button is named "=" and its text.
func (p *Person) Find(names ...string) *Form {
	for n := range p.elements("form") {
		f := &Form{Method: strings.ToUpper(attribute(n, "method")), Action: p.resolve(attribute(n, "action")), Values: url.Values{}}
		has := map[string]bool{}
		for field := range n.Descendants() {
			name := attribute(field, "name")
			has[name] = true
			if field.Type != html.ElementNode {
				continue
			}
			switch field.Data {
			case "button":
				has["="+strings.TrimSpace(text(field))] = true
				if name != "" && slices.Contains(names, "="+strings.TrimSpace(text(field))) {
					f.Values.Set(name, attribute(field, "value"))
				}
			case "input":
				if kind := attribute(field, "type"); name != "" && kind != "checkbox" && kind != "radio" && kind != "submit" {
					f.Values.Add(name, attribute(field, "value"))
				}
			case "textarea":
				if name != "" {
					f.Values.Add(name, text(field))
				}
			}
		}
		if !slices.ContainsFunc(names, func(name string) bool { return !has[name] }) {
			return f
		}
	}
	return nil
}

// Want is Find that ends the test without such a form.
func (p *Person) Want(names ...string) *Form {
	p.T.Helper()
	f := p.Find(names...)
	if f == nil {
		p.failf("no form with %q on the page", names)
	}
	return f
}

// Submit sends a form of the page. fields alternate name and value.
func (p *Person) Submit(f *Form, fields ...string) {
	p.T.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		f.Values.Set(fields[i], fields[i+1])
	}
	if f.Method == http.MethodPost {
		p.navigate(http.MethodPost, f.Action, f.Values.Encode(), p.Page.URL)
		return
	}
	u := *f.Action
	u.RawQuery = f.Values.Encode()
	p.navigate(http.MethodGet, &u, "", p.Page.URL)
}

// navigate opens an address and follows redirects as browsers do.
func (p *Person) navigate(method string, u *url.URL, body string, from *url.URL) {
	p.T.Helper()
	var trail []string
	for {
		r := p.request(method, u, body)
		p.describe(r, from, "navigate", "document")
		r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
		status, header, answer := p.send(r)
		trail = append(trail, fmt.Sprintf("%s %s -> %d", method, u, status))
		next, err := u.Parse(header.Get("Location"))
		if err != nil || status < 300 || status > 399 {
			p.show(Page{URL: u, Status: status, Header: header, Body: answer, Trail: trail})
			return
		}
		if len(trail) > maxRedirects {
			p.T.Fatalf("%s: too many redirects:\n\t%s", p.step, strings.Join(trail, "\n\t"))
		}
		if status == http.StatusSeeOther || method == http.MethodPost && status < 303 {
			method, body = http.MethodGet, ""
		}
		u = next
	}
}

// show checks a page that a person gets to see and makes it the current one.
func (p *Person) show(page Page) {
	p.T.Helper()
	root, err := html.Parse(strings.NewReader(page.Body))
	if err != nil {
		p.T.Fatal(err)
	}
	page.root = root
	p.Page = page
	kind, _, _ := mime.ParseMediaType(page.Header.Get("Content-Type"))
	switch {
	case page.Status == http.StatusNotFound, page.Status >= 500:
		p.failf("the person gets an error page")
	case page.Status == http.StatusBadRequest, page.Status == http.StatusUnauthorized, page.Status == http.StatusForbidden:
		p.failf("the person gets an error page")
	case kind != "text/html":
		p.failf("the person is shown %q", kind)
	}
}

// Fetch is a request of a script on the current page. header alternates name and value. The
// answer is not shown.
func (p *Person) Fetch(method, address, body string, header ...string) (status int, answer string) {
	p.T.Helper()
	u := p.resolve(address)
	r := p.request(method, u, body)
	p.describe(r, p.Page.URL, "cors", "empty")
	r.Header.Set("Accept", "*/*")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	status, _, answer = p.send(r)
	return status, answer
}

func (p *Person) request(method string, u *url.URL, body string) *http.Request {
	p.T.Helper()
	r, err := http.NewRequestWithContext(p.T.Context(), method, u.String(), strings.NewReader(body))
	if err != nil {
		p.T.Fatal(err)
	}
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// describe sets what browsers say about a request that a page makes; from is nil for an
// address that was typed.
func (p *Person) describe(r *http.Request, from *url.URL, mode, dest string) {
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
	for name, values := range p.Header {
		r.Header[name] = values
	}
	if from != nil {
		referrer := *from
		referrer.Fragment = ""
		r.Header.Set("Referer", referrer.String())
	}
	site := "none"
	if from != nil {
		site = "same-origin"
		if from.Scheme != r.URL.Scheme || from.Host != r.URL.Host {
			site = "same-site"
		}
		if r.Method != http.MethodGet {
			r.Header.Set("Origin", from.Scheme+"://"+from.Host)
		}
	}
	if p.Bare {
		return
	}
	r.Header.Set("Sec-Fetch-Site", site)
	r.Header.Set("Sec-Fetch-Mode", mode)
	r.Header.Set("Sec-Fetch-Dest", dest)
	if mode == "navigate" {
		r.Header.Set("Sec-Fetch-User", "?1")
	}
}

// send sends a request with the person's cookies and keeps those of the answer.
func (p *Person) send(r *http.Request) (status int, header http.Header, answer string) {
	p.T.Helper()
	client := &http.Client{
		Transport: p.Transport, Jar: p.jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(r)
	if err != nil {
		p.T.Fatalf("%s: %v", p.step, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.T.Fatalf("%s: %s: %v", p.step, r.URL, err)
	}
	if len(res.Header["Set-Cookie"]) > 0 && !private(res.Header) {
		p.T.Errorf("%s: %s %s sets cookies and may be cached: Cache-Control %q", p.step, r.Method, r.URL, res.Header.Get("Cache-Control"))
	}
	return res.StatusCode, res.Header, string(body)
}

// private reports an answer that no cache may give to anybody else.
func private(h http.Header) bool {
	control := strings.Join(h.Values("Cache-Control"), ",")
	return strings.Contains(control, "no-store") && strings.Contains(control, "private") && !strings.Contains(control, "public")
}

// Cookies are the names and values that a request to an address would carry.
func (p *Person) Cookies(address string) map[string]string {
	u, err := url.Parse(address)
	if err != nil {
		p.T.Fatal(err)
	}
	held := map[string]string{}
	for _, c := range p.jar.Cookies(u) {
		held[c.Name] = c.Value
	}
	return held
}

// Lose deletes the cookies whose names begin so.
func (p *Person) Lose(address, prefix string) {
	p.T.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.T.Fatal(err)
	}
	for name := range p.Cookies(address) {
		if strings.HasPrefix(name, prefix) {
			p.jar.SetCookies(u, []*http.Cookie{{Name: name, Path: "/", MaxAge: -1, Secure: u.Scheme == "https"}}) //nolint:gosec // it deletes one
		}
	}
	for name := range p.Cookies(address) {
		if strings.HasPrefix(name, prefix) {
			p.T.Fatalf("%s: the cookie %s is not at /", p.step, name)
		}
	}
}

// elements yields the elements of the page with a name.
func (p *Person) elements(name string) iter.Seq[*html.Node] {
	return func(yield func(*html.Node) bool) {
		if p.Page.root == nil {
			return
		}
		for n := range p.Page.root.Descendants() {
			if n.Type == html.ElementNode && n.Data == name && !yield(n) {
				return
			}
		}
	}
}

// resolve is an address on the page as the browser understands it.
func (p *Person) resolve(reference string) *url.URL {
	p.T.Helper()
	u, err := p.Page.URL.Parse(reference)
	if err != nil {
		p.failf("the address %q: %v", reference, err)
	}
	return u
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
