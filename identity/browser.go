package identity

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// browser is the client that sent a request, with what answers show of it. A nil browser
// is one that is not known: no cookie, or one that is forged, stale or replaced.
type browser struct {
	client   Client
	sessions []Session       // live ones, newest first
	users    map[string]User // of those sessions
	signIn   *SignIn
	signUp   *SignUp
	code     *Grant // that the sign-in asked for
	proof    *Grant // that the sign-up asked for
}

// clientCookie is the name of the client cookie: with the instance's suffix, so that instances
// on several ports of one host keep theirs apart.
func (s *Service) clientCookie() string {
	return wire.CookieClient + "_" + s.instance.publishable.Suffix()
}

// openCookie opens the request's client cookie; ok is false without a usable one. Two cookies
// with different values are none: one of them was planted, and which one cannot be told. A
// cookie without a suffix, as earlier versions set it, is used if it opens and there is no
// other, and moved to the name of today. One that does not open is another instance's.
func (c *call) openCookie() (ref clientRef, ok bool) {
	c.currentKeys(c.r.Context()) // another node may have rotated the cookie keys
	if own := values(c.r.CookiesNamed(c.clientCookie())); len(own) > 0 {
		if len(own) > 1 {
			return clientRef{}, false
		}
		return c.unseal(own[0])
	}
	plain := c.plainCookies()
	if len(plain) != 1 {
		return clientRef{}, false
	}
	if ref, ok = c.unseal(plain[0]); ok {
		web.SetCookies(c.w.Header(), web.ClientCookie("", c.origins.secure),
			web.OwnClientCookie(c.instance.publishable.Suffix(), plain[0], c.origins.secure))
	}
	return ref, ok
}

// twoClients reports that different client cookies came, of which a neighbor set one.
func (c *call) twoClients() bool {
	own := values(c.r.CookiesNamed(c.clientCookie()))
	return len(own) > 1 || len(own) == 0 && len(c.plainCookies()) > 1
}

// plainCookies are the different values of client cookies without a suffix that open here.
func (c *call) plainCookies() []string {
	return slices.DeleteFunc(values(c.r.CookiesNamed(wire.CookieClient)), func(v string) bool { _, ok := c.unseal(v); return !ok })
}

// values are the different values of cookies.
func values(cookies []*http.Cookie) (all []string) {
	for _, k := range cookies {
		if !slices.Contains(all, k.Value) {
			all = append(all, k.Value)
		}
	}
	return all
}

// everyRef opens all of the request's client cookies.
func (c *call) everyRef() (refs []clientRef) {
	c.currentKeys(c.r.Context())
	for _, value := range append(values(c.r.CookiesNamed(c.clientCookie())), c.plainCookies()...) {
		if ref, ok := c.unseal(value); ok {
			refs = append(refs, ref)
		}
	}
	return refs
}

// browser returns the request's client as tx sees it, nil if there is none.
func (c *call) browser(tx Tx) (*browser, error) { return c.browserOf(tx, c.ref) }

func (c *call) browserOf(tx Tx, ref clientRef) (*browser, error) {
	if ref.id == "" {
		return nil, nil
	}
	client, err := tx.Client(ref.id)
	if errors.Is(err, ErrNotFound) || err == nil && !ref.opens(client) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return loadBrowser(tx, client, c.now)
}

func loadBrowser(tx Tx, client Client, now time.Time) (*browser, error) {
	b := &browser{client: client, users: make(map[string]User)}
	all, err := tx.Sessions(SessionQuery{ClientID: client.ID, Live: true, At: now})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(s Session) bool { return !isLive(s, now) }) // whatever the store made of the query
	users, err := usersOf(tx, all)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		user, ok := users[s.UserID]
		if !ok {
			return nil, ErrNotFound
		}
		if user.Banned {
			continue
		}
		b.users[user.ID] = user
		b.sessions = append(b.sessions, s)
	}
	if b.signIn, err = optional(client.SignInID, tx.SignIn); err != nil {
		return nil, err
	}
	if b.signUp, err = optional(client.SignUpID, tx.SignUp); err != nil {
		return nil, err
	}
	b = b.withoutExpired(now)
	return b, b.loadCodes(tx)
}

// usersOf are whose sessions they are.
func usersOf(tx Tx, sessions []Session) (map[string]User, error) {
	if len(sessions) == 0 {
		return nil, nil
	}
	ids := make([]string, len(sessions))
	for n, s := range sessions {
		ids[n] = s.UserID
	}
	return usersByID(tx, distinct(ids))
}

// loadCodes finds what the attempts in progress asked for.
func (b *browser) loadCodes(tx Tx) (err error) {
	if b.signIn != nil {
		if b.code, err = optional(codeGrantID(b.signIn.ID), tx.Grant); err != nil {
			return err
		}
	}
	if b.signUp != nil {
		b.proof, err = optional(codeGrantID(b.signUp.ID), tx.Grant)
	}
	return err
}

// optional gets what id names; nil when id is "" or names nothing any more.
func optional[T any](id string, get func(string) (T, error)) (*T, error) {
	if id == "" {
		return nil, nil
	}
	v, err := get(id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return &v, err
}

func (b *browser) withoutExpired(now time.Time) *browser {
	if b.signIn != nil && !now.Before(b.signIn.ExpireAt) {
		b.signIn = nil
	}
	if b.signUp != nil && !now.Before(b.signUp.ExpireAt) {
		b.signUp = nil
	}
	return b
}

func (b *browser) signedIn() bool { return b != nil && len(b.sessions) > 0 }

// session returns a live session by id; "" means the one used last.
func (b *browser) session(id string) (Session, bool) {
	if b == nil || len(b.sessions) == 0 {
		return Session{}, false
	}
	if id == "" {
		if last := b.client.LastActiveSessionID; last != "" {
			if s, ok := b.session(last); ok {
				return s, true
			}
		}
		return b.sessions[0], true
	}
	i := slices.IndexFunc(b.sessions, func(s Session) bool { return s.ID == id })
	if i < 0 {
		return Session{}, false
	}
	return b.sessions[i], true
}

// sessionOf returns the live session of a person.
func (b *browser) sessionOf(userID string) (Session, bool) {
	if b == nil || userID == "" {
		return Session{}, false
	}
	i := slices.IndexFunc(b.sessions, func(s Session) bool { return s.UserID == userID })
	if i < 0 {
		return Session{}, false
	}
	return b.sessions[i], true
}

// isLive reports whether the session can be used at the given time.
func isLive(s Session, now time.Time) bool {
	st := sessionStatus(s, now)
	return st == wire.SessionActive || st == wire.SessionPending
}

// sessionStatus is the status with the two time limits applied; they need no write.
func sessionStatus(s Session, now time.Time) string {
	switch {
	case s.Status != wire.SessionActive && s.Status != wire.SessionPending:
		return s.Status
	case !now.Before(s.ExpireAt):
		return wire.SessionExpired
	case !now.Before(s.AbandonAt):
		return wire.SessionAbandoned
	}
	return s.Status
}

// requireBrowser returns the request's client with at least one live session.
func (c *call) requireBrowser(tx Tx) (*browser, error) {
	b, err := c.browser(tx)
	if err == nil && !b.signedIn() {
		err = signedOut()
	}
	return b, err
}

// ensureClient returns the browser, making a client for one that has none. The secret is
// given to the cookie after the transaction and is "" when the client existed.
func (c *call) ensureClient(tx Tx, secret string) (b *browser, used string, err error) {
	if b, err = c.browser(tx); err != nil || b != nil {
		return b, "", err
	}
	client := Client{ID: newID(prefixClient), SecretHash: hashSecret(secret), CreatedAt: c.now, UpdatedAt: c.now}
	return &browser{client: client, users: map[string]User{}}, secret, tx.PutClient(client)
}

// setCookies writes what every answer that creates or changes a client must set
// (protocol reference 8.4). A secret of "" leaves __client as it is.
func (c *call) setCookies(b *browser, secret string) error {
	if secret != "" {
		last, _ := b.session("")
		value, err := c.seal(clientRef{id: b.client.ID, secret: secret, owner: last.UserID})
		if err != nil {
			return err
		}
		web.SetCookies(c.w.Header(), web.OwnClientCookie(c.instance.publishable.Suffix(), value, c.origins.secure))
		if err := c.setRefresh(b); err != nil {
			return err
		}
	}
	c.setUAT(b.uat(c.now))
	return nil
}

// uat is the value of __client_uat: never later than now, so that no token minted now is
// older than it, whatever the clock did since the client changed (protocol reference 10, 19).
func (b *browser) uat(now time.Time) int64 {
	if !b.signedIn() {
		return 0
	}
	return min(b.client.UpdatedAt.Unix(), now.Unix())
}

// clearSignedIn tells the browser that nobody is signed in. A __client cookie that names
// a client stays: a sign-in may be in progress in it. A request that was overtaken by a
// sign-in or a change of password says nothing: its browser has newer cookies by now.
func (c *call) clearSignedIn() {
	var known, overtaken bool
	err := c.view(c.r.Context(), func(tx Tx) error {
		b, err := c.browser(tx)
		if known = b != nil; err != nil || known {
			return err
		}
		overtaken, err = c.overtaken(tx)
		return err
	})
	switch {
	case overtaken:
	case known, err != nil, len(c.everyRef()) == 0 && len(c.r.CookiesNamed(c.clientCookie())) == 0: // on doubt keep it
		c.setUAT(0)
	default:
		c.clearClient()
	}
}

// overtaken reports a genuine cookie whose client is signed in with a newer one.
func (c *call) overtaken(tx Tx) (bool, error) {
	client, err := optional(c.ref.id, tx.Client)
	if err != nil || client == nil {
		return false, err
	}
	b, err := loadBrowser(tx, *client, c.now)
	return b.signedIn(), err
}

// clearClient takes the browser's client away, and leaves the cookie of another instance.
func (c *call) clearClient() {
	if len(c.plainCookies()) > 0 {
		web.SetCookies(c.w.Header(), web.ClientCookie("", c.origins.secure))
	}
	web.SetCookies(c.w.Header(), web.OwnClientCookie(c.instance.publishable.Suffix(), "", c.origins.secure),
		web.RefreshCookie(c.instance.publishable.Suffix(), "", c.origins.secure, 0))
	c.setUAT(0)
}

// setRefresh replaces the refresh token, which the client's earlier secret took with it.
func (c *call) setRefresh(b *browser) error {
	s, ok := b.session("")
	if !ok {
		return nil
	}
	refresh, err := c.refreshToken(s, b.client)
	if err != nil {
		return err
	}
	web.SetCookies(c.w.Header(), web.RefreshCookie(c.instance.publishable.Suffix(), refresh, c.origins.secure, s.ExpireAt.Sub(c.now)))
	return nil
}

func (c *call) setUAT(seconds int64) {
	web.SetCookies(c.w.Header(), web.UATCookies(c.instance.publishable.Suffix(), seconds, c.origins.secure)...)
}

// wrap is the envelope of a Frontend API success, with the client piggybacked (protocol
// reference 8.3). A nil browser sends a null client. People in either get their
// organizations added: browser clients take a user without any for one who has left all.
func (c *call) wrap(resource any, b *browser) (any, error) {
	if b == nil {
		return wire.Response[any]{Response: resource}, nil
	}
	client, err := c.bareClient(b)
	if err == nil {
		err = c.addMemberships(peopleIn(client, resource)...)
	}
	return wire.Response[any]{Response: resource, Client: client}, err
}
