package bench

import "testing"

// TestMain lets [apart] start this program once more, as the clients of a measurement.
func TestMain(m *testing.M) {
	clientsOnly()
	m.Run()
}
