// Package e2e drives the finished program the way people and other programs do: a real
// binary, a real Chromium, real signals. It is a module of its own, so that nobody who
// imports the library inherits a browser driver.
//
//	go test ./...                        everything, with skips for what is not installed
//	go test -short ./...                 fewer rounds, no waiting for tokens to expire
//	go test -run TestNext . -next        an app on the published Next.js SDK, which is built first
//	SCREENSHOTS=DIR go test -run Screenshots ./...   pictures of every page
//
// With CI=true a missing program is a failure.
package e2e
