package pair_test

import (
	"testing"

	"github.com/usherauth/usher/internal/pair"
)

// TestMain lets the tests start this program once more, as the clients of a measurement.
func TestMain(m *testing.M) {
	pair.Main()
	m.Run()
}
