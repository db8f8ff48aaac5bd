// Package passhash turns passwords into what is stored of them, and compares.
//
//	Hash          a password, with argon2id and the costs of Current
//	Verify        spellings of a password against what is stored
//	Import        a digest of another system        foreign.go: which systems
//	                                                crypt.go:   bcrypt, phpass
//	                                                derive.go:  PBKDF2, scrypt
//	Usable, Heavy what is stored can be read, takes much memory
//	Compromised, IsCompromised, Trusted             the mark before a hash
//
// It is a leaf: it knows no users, no requests and no limits. Who may hash, and how many at
// once, is decided by identity.
package passhash
