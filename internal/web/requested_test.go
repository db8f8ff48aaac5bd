package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/usherauth/usher/internal/web"
)

func TestB4_WhatTheBrowserAskedFor(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/":                                   "/",
		"/admin/users?page=2":                 "/admin/users?page=2",
		"/admin/users?":                       "/admin/users?",
		"/admin/a%2Fb?x=%20":                  "/admin/a%2Fb?x=%20",
		"/admin/b\u00fccher":                  "/admin/b%C3%BCcher",
		"/admin/?redirect_url=/x?y":           "/admin/?redirect_url=/x?y",
		"//evil.example/x":                    "//evil.example/x",
		"http://other.example/admin/users?a=": "/admin/users?a=",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RequestURI = target
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		http.StripPrefix("/admin", http.HandlerFunc(func(_ http.ResponseWriter, below *http.Request) { r = below })).ServeHTTP(httptest.NewRecorder(), r)
		got := web.Requested(r)
		if got.RequestURI() != want || got.Host != "" || got.Scheme != "" {
			t.Errorf("%q: %q, host %q", target, got.RequestURI(), got.Host)
		}
	}
	made, err := http.NewRequest(http.MethodGet, "http://app.example/made?x=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := web.Requested(made).RequestURI(); got != "/made?x=1" {
		t.Errorf("a request that no server read: %q", got)
	}
	for _, target := range []string{"*", "x:y", "app.example:443"} {
		r := &http.Request{Method: http.MethodGet, RequestURI: target, URL: &url.URL{Path: "*"}}
		if got := web.Requested(r); got != r.URL {
			t.Errorf("%q: %v", target, got)
		}
	}
}

func TestB4_AskingTakesNoMemory(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/admin/users?page=2", nil)
	if n := testing.AllocsPerRun(100, func() { web.Requested(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
