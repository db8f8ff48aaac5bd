//go:build !unix

package pair

import "time"

// cpuTime is not known here.
func cpuTime() time.Duration { return 0 }
