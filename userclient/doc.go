// Package userclient asks the Backend API about users and sessions, once per request.
//
// [Users.Current] is the call pages want: the signed-in person, read from the API at
// most once per request however many components ask and however many ask at once.
// It tells three things apart that must never be confused:
//
//   - nobody is signed in: errors.Is(err, authctx.ErrSignedOut), no request is made;
//   - the person's account is gone: errors.Is(err, ErrNotFound);
//   - the API could not say: errors.Is(err, ErrUnavailable). The person is still
//     signed in, and the page still knows what the token says.
//
// A call takes at most Config.Timeout, retries and waiting included, and less if ctx
// ends earlier. Reads are tried again, at most twice and with growing, jittered pauses,
// after 429, 500, 502, 503, 504 and a connection that broke; calls that change
// something are sent once. The secret key goes to the configured host only: redirects
// are not followed.
package userclient
