// Package drive runs what the tests of this module drive: the finished program, a real
// Chromium, and the programs they need. Everything fails or skips the test it was asked
// by, and ends with it.
package drive
