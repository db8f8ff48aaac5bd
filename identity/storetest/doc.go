// Package storetest holds every [store.Store] to its contract: [Run] for what all
// stores promise, [RunDurable] for those that keep files. A store's own test calls
// them with a function that opens an empty store:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return memstore.New() })
//	}
//
// Where the contract leaves a choice, the suite settles it so that all stores agree:
// deleting what is not there is [store.ErrNotFound]; ties are broken by ascending
// id in either direction; times are kept as UTC milliseconds, whatever was put, and so
// are those of a query; an empty secret, slug, external id or user name is held by
// nobody, conflicts with nothing and is not found; email_address sorts by the
// normalized primary address, or the first where none is primary; an order that is not
// in the list is an error; an image outlives who shows it, and an audit event everybody
// in it; a Put that fails changes nothing, even when the function goes on and returns
// nil, and where it has two reasons to, a taken value comes before a record that is
// missing; an Update whose ctx ends before its function returns is undone.
package storetest
