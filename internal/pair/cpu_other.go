//go:build !unix

package pair

import "time"

// CPUTime is not known here.
func CPUTime() time.Duration { return 0 }
