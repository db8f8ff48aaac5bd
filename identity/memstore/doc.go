// Package memstore keeps an instance's records in memory, for tests and for
// demonstrations that may forget everything when the process ends. It holds to the
// same contract as the stores with files: package storetest runs against it.
//
// An Update holds the whole store while its function runs, so a View waits for it.
// Calling View or Update of the same Store inside such a function deadlocks.
package memstore
