// Package authtest signs requests in for tests of applications that use Usher. Its
// tokens are real and pass through the real verifier; only the issuer is a throw-away
// one, made anew for each test process.
//
//	app := newApp(authtest.Config(t))
//	req := authtest.NewRequest(t, "GET", "/dashboard", authtest.User("user_1"))
//	app.ServeHTTP(rec, req)
//
// No option is a person who is signed in: "user_test", whose session "sess_test" is in no
// organisation. The app under test has to be made with [Config]: with keys of its own it
// takes nobody's token from here. A userclient.Client in it still asks its Backend API;
// for tests give it a Transport that answers, or let the token carry the name
// (Claim("first_name", "Ada")), which is all that Users.Brief needs.
//
// Everything here is safe for concurrent use, and fails t when it cannot be done.
package authtest
