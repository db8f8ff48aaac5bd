package handlers

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usherauth/usher/authctx"
	"github.com/usherauth/usher/internal/web"
)

// paramFormID is the hidden field with the identity of a form. A page gets a new one each
// time it is rendered, so two requests with the same one and the same fields are one
// submission that was sent twice: a double click, or a form that was sent again.
// The later steps of a sign-in or sign-up have the attempt in its place.
const paramFormID = "form_id"

// What a browser is named by.
const (
	bySession = "session "
	byVisit   = "visit "
)

const (
	rememberedBriefly = 10 * time.Second // changes: a person may want the same one again
	rememberedLonger  = 2 * time.Minute  // what creates something
	maxSubmissions    = 4096
	maxFormID         = 64 // bytes; ours have 26
)

// submissions remembers what forms were answered with, so that a second submission has no
// second effect and gets the answer of the first. Only redirects are kept, which say that
// something was done; while a form is being worked on, its second submission waits. It is
// the memory of one process: behind a balancer that sends the second submission
// elsewhere, and after a restart, the Frontend API decides alone. The zero value is ready;
// it is safe for concurrent use.
type submissions struct {
	mu    sync.Mutex
	known map[submissionID]*submission
}

type submission struct {
	browser    string
	done       chan struct{} // closed when the rest is there
	answer     *recorded     // nil if the work panicked
	finishedAt time.Time
	until      time.Time // when it is forgotten; zero while it is being worked on
}

type submissionID [sha256.Size]byte

// recorded is a response that was written and not sent.
type recorded struct {
	header      http.Header
	status      int
	body        bytes.Buffer
	nothingDone bool
}

// undone is a redirect that answers a form which had no effect, such as one of an attempt
// that is over. It is not remembered: the same form may have an effect later.
func undone(w http.ResponseWriter, target string) {
	if a, ok := w.(*recorded); ok {
		a.nothingDone = true
	}
	redirect(w, target)
}

// Header implements [http.ResponseWriter].
func (a *recorded) Header() http.Header { return a.header }

// WriteHeader implements [http.ResponseWriter].
func (a *recorded) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements [http.ResponseWriter].
func (a *recorded) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// sendTo writes the response, on top of the header fields that w has.
func (a *recorded) sendTo(w http.ResponseWriter) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = slices.Clone(values)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes()) // a browser that went away is its own affair
}

// once answers a form with what take writes, and a second submission of the same form with
// the same. A form without an identity is always taken. keep is how long the answer is
// remembered. The browser of a double click gives up its first request: take goes on
// without it, and its answer goes to the second.
func (h *Handlers) once(w http.ResponseWriter, r *http.Request, form url.Values, keep time.Duration, take func(http.ResponseWriter, *http.Request)) {
	browser := h.browserOf(r)
	id := cmp.Or(form.Get(paramFormID), form.Get("attempt_id"), form.Get("ticket"))
	if browser == "" || id == "" || len(id) > maxFormID {
		take(w, r)
		return
	}
	key := submissionKey(browser, r.URL.Path, form)
	s, first := h.sent.begin(key, browser, h.now())
	switch {
	case s == nil: // there is no room
		take(w, r)
		return
	case !first:
		select {
		case <-s.done:
		case <-r.Context().Done():
			return
		}
		if s.answer == nil {
			panic(http.ErrAbortHandler) // as the first submission did
		}
		h.repeat(w, s)
		return
	}
	h.takeFirst(w, r, key, s, keep, take)
	s.answer.sendTo(w)
}

func (h *Handlers) takeFirst(w http.ResponseWriter, r *http.Request, key submissionID, s *submission, keep time.Duration, take func(http.ResponseWriter, *http.Request)) {
	defer func() { h.sent.finish(key, s, h.now(), keep) }() // after a panic too
	answer := &recorded{header: maps.Clone(w.Header())}
	take(answer, r.WithContext(context.WithoutCancel(r.Context())))
	s.answer = answer
}

// repeat gives the first submission's answer to a second one. Its session token is left out
// when it may be older than one that the browser got since.
func (h *Handlers) repeat(w http.ResponseWriter, s *submission) {
	if strings.HasPrefix(s.browser, bySession) && h.now().Sub(s.finishedAt) > rememberedBriefly {
		redirect(w, s.answer.header.Get("Location"))
		return
	}
	s.answer.sendTo(w)
}

// browserOf names the browser that a submission belongs to: by the session that acts, by
// the cookie that came with the form, or by its client. "" is a browser that has none.
func (h *Handlers) browserOf(r *http.Request) string {
	if id := authctx.FromContext(r.Context()).SessionID(); id != "" {
		return bySession + id
	}
	if visit := h.visit(r); visit != "" {
		return byVisit + visit
	}
	if client := h.browser(r).ClientCookie; client != "" {
		return "client " + client
	}
	return ""
}

// submissionKey is a digest of everything that makes two submissions the same. Each part is
// preceded by its length, so that no two forms read alike.
func submissionKey(browser, path string, form url.Values) (key submissionID) {
	digest := sha256.New()
	write := func(s string) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(s)))
		_, _ = digest.Write(size[:])
		_, _ = digest.Write([]byte(s))
	}
	write(browser)
	write(path)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		write(name)
		write(form.Get(name))
	}
	digest.Sum(key[:0])
	return key
}

// begin returns the submission with that key, and whether it is the first. It is nil when
// there is no room for another: all are being worked on.
func (m *submissions) begin(key submissionID, browser string, now time.Time) (s *submission, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s = m.known[key]; s != nil && !s.over(now) {
		return s, false
	}
	if len(m.known) >= maxSubmissions {
		maps.DeleteFunc(m.known, func(_ submissionID, s *submission) bool { return s.over(now) })
	}
	if len(m.known) >= maxSubmissions && !m.dropOldest() {
		return nil, true
	}
	if m.known == nil {
		m.known = make(map[submissionID]*submission)
	}
	s = &submission{browser: browser, done: make(chan struct{})}
	m.known[key] = s
	return s, true
}

// dropOldest forgets the submission that was answered longest ago. A second one mostly
// follows within a second, so a flood of forms that somebody sends costs nobody theirs.
func (m *submissions) dropOldest() bool {
	var oldest submissionID
	var at time.Time
	for key, s := range m.known {
		if !s.until.IsZero() && (at.IsZero() || s.finishedAt.Before(at)) {
			oldest, at = key, s.finishedAt
		}
	}
	delete(m.known, oldest)
	return !at.IsZero()
}

func (s *submission) over(now time.Time) bool { return !s.until.IsZero() && !now.Before(s.until) }

// finish keeps a submission that was answered with a redirect, and forgets any other: a form
// that was refused may be sent again.
func (m *submissions) finish(key submissionID, s *submission, now time.Time, keep time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.finishedAt, s.until = now, now.Add(keep)
	close(s.done)
	if (s.answer == nil || s.answer.status != http.StatusSeeOther || s.answer.nothingDone) && m.known[key] == s {
		delete(m.known, key)
	}
}

// forget drops what a browser was answered: after a sign-out none of it is true any more.
func (m *submissions) forget(browsers ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.known, func(_ submissionID, s *submission) bool {
		return !s.until.IsZero() && slices.Contains(browsers, s.browser)
	})
}

// visitCookie names the cookie that comes with a form. It tells that the browser keeps
// cookies, and which submissions are its own. It identifies nobody.
func (h *Handlers) visitCookie() string {
	if h.secure {
		return "__Host-usher_visit_" + h.suffix // no other host of the domain can set it
	}
	return "__usher_visit_" + h.suffix
}

// visit is the value of the browser's visit cookie, "" if it has none.
func (h *Handlers) visit(r *http.Request) string {
	cookies := r.CookiesNamed(h.visitCookie())
	if len(cookies) != 1 || len(cookies[0].Value) > maxFormID {
		return ""
	}
	return cookies[0].Value
}

// identify returns the identity of a form about to be rendered: a new one for a page that
// was asked for, and for a form that comes back the one that it was sent with, if any. The
// browser gets its visit cookie with it if it has none. The cookie ends with the browser.
func (h *Handlers) identify(w http.ResponseWriter, r *http.Request, sent string) string {
	if r.Method != http.MethodPost {
		sent = rand.Text()
	}
	if sent != "" && len(r.CookiesNamed(h.visitCookie())) == 0 {
		web.SetCookies(w.Header(), &http.Cookie{ //nolint:gosec // Secure wherever the app is served encrypted
			Name: h.visitCookie(), Value: rand.Text(), Path: "/", HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteLaxMode,
		})
	}
	return sent
}
