package pages

import (
	"net/http"
	"time"
)

// Letter is a mail that was caught in development instead of being sent.
type Letter struct {
	Kind    string    `json:"kind"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Code    string    `json:"code"` // "" where there is none
	At      time.Time `json:"at"`
}

// Mailbox shows caught mail, in the order given.
func (p *Pages) Mailbox(w http.ResponseWriter, r *http.Request, letters []Letter) {
	p.render(w, r, page{title: "Mailbox", bare: true, body: mailboxBody(letters)})
}
