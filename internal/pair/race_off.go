//go:build !race

package pair

// Race tells that the race detector is compiled in.
const Race = false
