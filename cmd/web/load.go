package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/usherauth/usher/identity"
)

const (
	hashBytes      = 19 << 20 // of one password
	minHashMemory  = 19       // MiB
	maxHashMemory  = 1 << 20  // MiB
	maxNetworkRate = 100_000
)

// checkLoad reads the settings of what the embedded service may spend.
func (c *config) checkLoad(limit, memory string) error {
	c.networkLimit = -1
	if limit != "off" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 || n > maxNetworkRate {
			return fmt.Errorf("-network-limit is %q: write a number from 1 to %d, or off for no limit", limit, maxNetworkRate)
		}
		c.networkLimit = n
	}
	n, err := strconv.ParseInt(memory, 10, 64)
	if err != nil || n < minHashMemory || n > maxHashMemory {
		return fmt.Errorf("-hash-memory is %q: write a number of MiB from %d to %d", memory, minHashMemory, maxHashMemory)
	}
	c.hashMemory = n << 20
	return nil
}

// limits of the embedded service. Secrets tried in a sign-in already begun have a tighter
// limit than sign-ins, as on hosted instances. Tests set some of their own.
func (c *config) limits(own identity.Limits) identity.Limits {
	if own.Creations == 0 {
		own.Creations = c.networkLimit
	}
	if own.Attempts == 0 {
		own.Attempts = c.networkLimit
		if c.networkLimit > 0 {
			own.Attempts = (3*c.networkLimit + 4) / 5
		}
	}
	return own
}

// memoryLimit is what the program can need by its own bounds: 72 MiB of remembered tokens
// and cookies, 19 MiB for each password that is hashed at the same time, and the rest. The
// collector keeps to it as a goal, where it would let the garbage of hashes double the heap
// otherwise. Below it the collector may wait for more garbage than the usual 100 percent of
// what is in use: with the megabyte or two that this program uses it would run after each
// hundred pages, and cost as much as the pages.
const (
	memoryLimit    = 85 << 20
	garbagePercent = 300
)

// limitMemory leaves alone what the environment decides. hashMemory is what hashing may
// take, 0 where there is none.
func limitMemory(getenv func(string) string, hashMemory int64) {
	if getenv("GOMEMLIMIT") != "" {
		return
	}
	atOnce := min(int64(runtime.GOMAXPROCS(0)), hashMemory/hashBytes)
	debug.SetMemoryLimit(memoryLimit + atOnce*hashBytes)
	if getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}
