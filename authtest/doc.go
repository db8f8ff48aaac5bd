// Package authtest signs requests in for tests of applications that use Usher. Its
// tokens are real and pass through the real verifier; only the issuer is a throw-away
// one, made anew for each test process.
//
//	app := newApp(authtest.Config(t))
//	req := authtest.NewRequest(t, "GET", "/dashboard", authtest.User("user_1"))
//	app.ServeHTTP(rec, req)
package authtest
