// Package fapi speaks the Frontend API on behalf of a browser that runs no script: the
// sign-in, sign-up, sign-out and profile forms post to the app, and the app passes them on
// with the browser's own client cookie (protocol reference 8 and 8.11). What the API wants
// the browser to remember comes back as Set-Cookie lines to relay.
package fapi
