// Package bench compares Usher with other ways to serve the same signed-in page. Run it
// with "go test -v -run TestPeers . -for 2s" in this folder, or make bench above it.
package bench
