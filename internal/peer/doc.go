// Package peer runs the apps on the published JavaScript SDKs that Usher is held against,
// for tests and benchmarks only. The apps themselves are in e2e/peers.
package peer
