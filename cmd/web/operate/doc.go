// Package operate holds the commands with which an operator looks after an instance from a
// terminal: users, sessions, orgs, keys, audit, export and import.
//
// What the Backend API can do goes through the Backend API, in memory with the embedded
// service and over the network with a hosted instance. Keys, export and import are of the
// embedded service alone.
package operate
