// Package sqlitestore keeps an instance's records in one SQLite file. The driver is
// pure Go (modernc.org/sqlite), so a program that uses it needs no C compiler.
//
// The file is in WAL mode with synchronous=FULL: an Update that returned nil is on
// the disk and survives kill -9 and a power cut. Readers have connections of their
// own and never wait for writers. Updates that queue up while another one writes
// share its disk flush: each runs in a savepoint of one transaction, so that it fails
// alone, and all of them return when that transaction is committed.
//
// A call costs about the same with a million users as with a thousand. Readers map the
// file, because copying pages out of the system's cache was half of what a call cost in a
// large file, where hardly a page is met twice; the mapped pages count as resident, but
// are the system's to take back. The reader that was used last is used first, as it has
// met the most pages. Triggers keep count of users and organizations. What looks at
// everybody takes longer for more: a part of a name, other orders than created_at, and
// the purge. Beyond the 2 GiB that SQLite maps, pages are copied as before.
//
// One process at a time serves a file; a second one gets [ErrInUse]. A lock on
// <path>.lock sees to that, and goes with the process however it ends. With
// Config.Shared an operator's commands work beside it. Beside the
// database lie <path>-wal and <path>-shm while it is open; all are created readable
// by their owner only.
package sqlitestore
