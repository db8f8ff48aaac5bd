// Package conformance asks the published JavaScript SDK and this library the same
// questions and compares the answers: a seeded generator makes requests over all inputs of
// the decision table (protocol reference 4.4), both sides get them with the same options,
// the same clock and the same Backend API, and must agree on the status, the reason, where
// the browser is sent, the cookies set, what the Backend API was asked, who is signed in, and
// what has() says of them.
//
// One request in five is about machine tokens (protocol reference 5.5): one kind of token
// is accepted, a list of them or any, opaque and JWT ones of each kind come in the header
// beside whatever cookies there are, and the three endpoints that verify them describe the
// token, revoke it, refuse, are out of reach or make no sense. Both sides must also agree on
// the kind of token, on whom it stands for and what it allows, and on the key that the
// Backend API was asked with. Whatever this library remembers of it must neither change its
// answer nor cost a second call.
//
//	go test ./conformance                            a few thousand requests
//	go test ./conformance -cases 20000 -seed 3       more, or others
//	go test ./conformance -seed 3 -case 4711 -v      one of them again, with everything said
//
// backend.mjs takes that SDK's client of the Backend API through an instance; the tests of
// package e2e run it.
//
// Where this library is stricter on purpose, differences.go says why, and what it answers
// instead. Anything else that differs fails.
package conformance
