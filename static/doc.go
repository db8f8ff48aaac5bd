// Package static holds the browser code of Usher, built and embedded: the module
// "authctx" with the stores useAuth and useUser, the script of the example pages,
// and their style sheet. [Handler] serves them under names that carry a hash of
// the content, [URL] says what these names are.
//
// The sources are TypeScript and CSS in src; dist is built from them by
//
//	go generate ./static
//
// and committed, because a Go import never runs a generator. Neither building nor
// running needs Node. Type declarations for users of the module are in
// dist/authctx.d.ts.
//
// Scripts obey a policy of script-src 'nonce-…' 'strict-dynamic', connect-src
// 'self' and require-trusted-types-for 'script'. They create no script, no markup
// and no worker.
package static

//go:generate go -C ../tools run ./bundle
