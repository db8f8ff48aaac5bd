// Package clerkjs walks the published browser client, unmodified, through the Frontend API
// of the finished program: in Chromium, on the app's own origin, as an app would load it
// (protocol reference 8.11). Every step asserts on the client's own objects, and whatever
// the client complains about, or is refused without the step having asked for it, fails.
//
// The package has tests only. They stand in front of the program as a reverse proxy does,
// to serve the client's files and to write down what it asks.
package clerkjs
