// Package libraries checks the pages and guards with the libraries that pages of Go
// apps use to fetch parts and send forms: htmx 2 and 4, Turbo, alpine-ajax, Unpoly,
// Datastar, and fetch itself, alone and behind a service worker. Every library gets a
// small app on chi and does in Chromium what people do there: signing in and up, with
// mistakes; loading parts when signed in and out; coming back after sign-out; sending a
// form after the session token expired.
package libraries
