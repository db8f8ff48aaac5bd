// Package web holds the HTTP rules that every part of Usher shares: where a redirect
// may lead, how cookies are written, what keeps private pages out of caches, and how
// the error envelope is sent.
package web
