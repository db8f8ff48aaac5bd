package authctx

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

const (
	maxRounds    = 3
	roundSeconds = 10 // after the last redirect; people are slower than loops
)

// roundsCookie counts how often in a row a browser whose session token is refused was
// redirected to the sign-in page.
func (a *Authenticator) roundsCookie() string { return "__usher_rounds_" + a.inst.suffix }

// stopLoop ends a circle of redirects between a guard and a sign-in page. Where the guard
// refuses a token for something that signing in does not change, a sign-in page that finds
// somebody signed in sends the browser back at once. After three rounds within ten seconds
// of each other, Denied has no SignInURL and says that it is a loop.
func (a *Authenticator) stopLoop(w http.ResponseWriter, r *http.Request, d Denied) Denied {
	if d.Kind != KindDocument || d.SignInURL == "" || r.Method != http.MethodGet {
		return d
	}
	var c credentials
	a.read(r, &c)
	if c.session == "" {
		return d
	}
	rounds := 0
	if cookie, err := r.Cookie(a.roundsCookie()); err == nil {
		rounds, _ = strconv.Atoi(cookie.Value)
	}
	rounds = min(max(rounds, 0), maxRounds)
	cookie := &http.Cookie{ //nolint:gosec // Secure wherever the app is served encrypted
		Name: a.roundsCookie(), Value: strconv.Itoa(rounds + 1), Path: "/", MaxAge: roundSeconds,
		HttpOnly: true, Secure: strings.HasPrefix(a.originOf(r), "https:"), SameSite: http.SameSiteLaxMode,
	}
	if rounds == maxRounds {
		cookie.Value, cookie.MaxAge = "", -1 // the person may try again
		d.SignInURL, d.Loop = "", true
	}
	web.SetCookies(w.Header(), cookie)
	return d
}

// loopText tells the person what is wrong. Why the token is refused is for developers.
func loopText(ctx context.Context, reason wire.Reason) string {
	text := "You signed in, but this page does not accept your sign-in. Sign out and sign in again. If that does not help, tell the people who run this site."
	owner := ownerOf(ctx)
	if owner == nil || !owner.development {
		return text
	}
	x := Explain(ctx)
	text += " In development: " + x.Why + " " + x.Do
	if reason == wire.ReasonTokenInvalidParties {
		text += " AuthorizedParties has " + strings.Join(owner.inst.parties, ", ") + "."
	}
	return text
}

// wrongParty is the azp of a genuine token that was made for another app.
type wrongParty string

// Error implements error.
func (p wrongParty) Error() string { return "azp is none of the authorized parties" }

// parties remembers which origins were named in the log. It is safe for concurrent use.
type parties struct {
	mu   sync.Mutex
	said []string
}

const maxParties = 8 // that are named, each once

func (p *parties) first(azp string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.said) >= maxParties || slices.Contains(p.said, azp) {
		return false
	}
	p.said = append(p.said, azp)
	return true
}

// sayParty logs once for each origin that its tokens are refused, with what to do. What is
// no origin cannot be listed.
func (a *Authenticator) sayParty(ctx context.Context, p wrongParty) {
	azp, ok := web.Origin(string(p))
	if ok && azp == string(p) && a.refusedParties.first(azp) {
		a.log.WarnContext(ctx, "a session token that was made for another origin is refused: if people sign in there for this app, add token_origin to AuthorizedParties",
			"token_origin", azp, "authorized_parties", a.inst.parties)
	}
}
