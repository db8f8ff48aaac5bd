package sqlitestore

import (
	"fmt"
	"runtime/debug"
)

// mapFile lets a reader map the file into memory, up to the 2 GiB that SQLite can: it
// then takes pages from the system's cache without copying each to one of its own. What
// it takes of a large file is, as it were, all new to it, and the copying was half of
// what a call costs there. SQLite itself leaves it out where a system cannot do it well.
const mapFile = "mmap_size(2147418112)"

// trapFaults makes reading a mapped file whose disk fails, or which another program cuts
// short, a panic for catch until the returned function is called. Otherwise the process
// would end.
func trapFaults() func() {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}

// catch is deferred around what reads, and turns a fault into an error. SQLite was
// interrupted then and keeps its locks, so nothing may use or close the connection again.
func (c *conn) catch(err *error) {
	p := recover()
	if p == nil {
		return
	}
	fault, ok := p.(interface {
		error
		Addr() uintptr
	})
	if !ok {
		panic(p)
	}
	c.lost = fmt.Errorf("%w: %w", errLost, fault)
	*err = c.lost
}
