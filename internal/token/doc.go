// Package token mints session tokens and takes them apart strictly: one token has
// one spelling, names are compared exactly, and anything ambiguous is refused before
// a key is looked at. It knows both claim versions and the algorithm allow-list; it
// does not decide who is signed in, which is package authctx's part.
package token
