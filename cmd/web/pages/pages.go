package pages

import (
	"context"
	"log/slog"

	"github.com/a-h/templ"

	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

// Config is what the pages need.
type Config struct {
	// Users asks the Backend API. Required.
	Users *userclient.Client
	// Logger gets what went wrong behind a page; nil discards it.
	Logger *slog.Logger
	// Hosted says that a hosted instance is used, and not the embedded service.
	Hosted bool
}

// Pages are the handlers of the demonstration. They expect the middleware of package
// authctx in front of them and are safe for concurrent use.
type Pages struct {
	users  userclient.Users
	log    *slog.Logger
	hosted bool
}

// New returns the pages. It panics without cfg.Users.
func New(cfg Config) *Pages {
	if cfg.Users == nil {
		panic("pages: New: Config.Users is nil")
	}
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Pages{users: cfg.Users.Users, log: log, hosted: cfg.Hosted}
}

// Layout frames a page whose content comes from elsewhere, such as a sign-in form. The
// title is also its heading, so body needs none of its own.
func (p *Pages) Layout(title string, body templ.Component) templ.Component {
	return p.frame(page{title: title, body: titled(title, body)})
}

// known is the signed-in person, the zero value when there is nobody or the Backend API
// cannot say. However many parts of a page ask, the API is asked once, if at all.
func (p *Pages) known(ctx context.Context) wire.PublicUserData {
	person, err := p.users.Brief(ctx)
	if err != nil {
		return wire.PublicUserData{}
	}
	return person
}
