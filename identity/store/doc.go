// Package store is what the embedded identity service keeps: its records, the queries that
// select them, and the [Store] that holds them. It knows nothing of the service, so that a
// database can be added without it; package storetest is the contract that every store is
// held to.
//
//	store.go    Store and Tx, the transactions; ErrNotFound, ErrConflict, ErrBusy
//	records.go  User with its EmailAddresses, Client, Session, SignIn, SignUp, Organization,
//	            Membership, Invitation, Grant, Image, AuditEvent, SigningKey
//	queries.go  UserQuery and the others; Period
//
// Records are plain data. What may be done with them is decided in package identity.
package store
