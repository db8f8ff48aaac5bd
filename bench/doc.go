// Package bench compares Usher with other ways to serve the same signed-in page. Run it
// with "go test -v -run TestPeers . -for 2s" in this folder, or make bench above it;
// TestNodePeers measures the apps of e2e/peers, which need Node.js and npm.
package bench
