// Package operate holds the commands with which an operator looks after an instance from a
// terminal: users, sessions, orgs, access, plans, keys, audit, export and import.
//
// What the Backend API can do goes through the Backend API, in memory with the embedded
// service and over the network with a hosted instance. Access as one document, plans, keys,
// export and import are of the embedded service alone.
package operate
