// Package deptest holds the plan of the house in tests: which package may import what,
// how many names it may export, and the limits every file keeps.
//
// The plan itself is the table in table_test.go; docs/architecture.md explains it. A
// change of plan changes both in the same commit.
package deptest
