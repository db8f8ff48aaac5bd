//go:build !linux

package main

import "net"

// stopQueue does nothing: only Linux has a filter for this.
func stopQueue(net.Listener) bool { return false }
