// Package pages is the demonstration that cmd/web serves: one page for each call that
// Next.js developers know, with the source that makes it beside it.
package pages

//go:generate go tool -modfile=../../../tools/go.mod templ generate -path .
