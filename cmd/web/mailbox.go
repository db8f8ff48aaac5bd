package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usherauth/usher/cmd/web/pages"
	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/internal/web"
)

const (
	mailboxPath = "/dev/mailbox"
	mailboxSize = 50
)

// mailbox keeps what the embedded service would send, for developers to read. It is in
// memory, and exists in development on this machine's own origins only: it holds codes
// that open accounts.
type mailbox struct {
	now     func() time.Time
	clients *web.Clients

	mu   sync.Mutex
	list []pages.Letter // newest first, mailboxSize at most
}

// send takes a mail in. It never fails.
func (b *mailbox) send(_ context.Context, m identity.Mail) error {
	letter := pages.Letter{
		Kind: m.Kind, To: m.To, Subject: m.Subject, Text: m.Text.Reveal(), Code: m.Code.Reveal(), At: b.now().UTC().Truncate(time.Second),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = slices.Insert(b.list, 0, letter)
	b.list = b.list[:min(len(b.list), mailboxSize)]
	return nil
}

func (b *mailbox) letters() []pages.Letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]pages.Letter{}, b.list...)
}

// handler shows the mail as a page or, to programs that accept nothing else, as JSON. To
// other machines, which can name this one's origin too, there is nothing.
func (b *mailbox) handler(p *pages.Pages) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !b.clients.Address(r).IsLoopback() {
			p.NotFound(w, r)
			return
		}
		web.PrivateHeaders(w.Header())
		if strings.HasPrefix(r.Header.Get("Accept"), "application/json") {
			web.WriteJSON(w, http.StatusOK, b.letters())
			return
		}
		p.Mailbox(w, r, b.letters())
	}
}
