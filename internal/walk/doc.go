// Package walk visits an app as a person with a browser does, for tests only: it
// follows links and redirects, fills in the forms that pages show, loses cookies and
// comes back late. Every answer on the way is checked: no redirect loop, no page that
// does not exist, no JSON shown to a person, nothing personal that caches may keep.
//
// A [Network] serves apps in memory under any origin, so that a walk can run in a
// testing/synctest bubble, where waiting for a session token to expire takes no time.
package walk
