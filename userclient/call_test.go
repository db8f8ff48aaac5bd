package userclient_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usherauth/usher/userclient"
	"github.com/usherauth/usher/wire"
)

func transportOf(steps ...func() (*http.Response, error)) transport {
	rt, _ := script(steps...)
	return rt
}

func TestRequestConventions(t *testing.T) {
	t.Parallel()
	var got *http.Request
	rt := transport(func(r *http.Request) (*http.Response, error) {
		got = r
		return answer(200, `{"object":"session","id":"sess_1"}`), nil
	})
	c := newClient(t, userclient.Config{Transport: rt, APIURL: "https://gateway.example.com/clerk/"})
	if _, err := c.Sessions.Revoke(t.Context(), "sess_1"); err != nil {
		t.Fatal(err)
	}
	if want := "https://gateway.example.com/clerk/v1/sessions/sess_1/revoke"; got.URL.String() != want || got.Method != "POST" {
		t.Errorf("request is %s %s, want POST %s", got.Method, got.URL, want)
	}
	agent := got.Header.Get("User-Agent")
	if !regexp.MustCompile(`^usher/(devel|v\d\S*)$`).MatchString(agent) {
		t.Errorf("User-Agent is %q", agent)
	}
	want := http.Header{
		"Authorization":     {"Bearer " + secretKey},
		"Clerk-Api-Version": {wire.APIVersion},
		"Content-Type":      {"application/json"},
		"Accept":            {"application/json"},
		"User-Agent":        {agent},
	}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

func TestDefaultAPIURL(t *testing.T) {
	t.Parallel()
	rt := transport(func(r *http.Request) (*http.Response, error) {
		if want := "https://api.clerk.com/v1/jwks"; r.URL.String() != want {
			t.Errorf("request goes to %s, want %s", r.URL, want)
		}
		return answer(200, `{"keys":[{"kty":"RSA","kid":"ins_1","n":"AQ","e":"AQAB"}]}`), nil
	})
	set, err := client(t, rt).JWKS(t.Context())
	if err != nil || len(set.Keys) != 1 || set.Keys[0].Kid != "ins_1" {
		t.Errorf("JWKS = %+v, %v", set, err)
	}
}

func TestAPIErrorHoldsTheEnvelope(t *testing.T) {
	t.Parallel()
	const envelope = `{"errors":[{"code":"resource_not_found","message":"not found","long_message":"No user","meta":{"param_name":"id"}},` +
		`{"code":"other","message":"second"}],"clerk_trace_id":"trace_body"}`
	first := wire.Error{Code: "resource_not_found", Message: "not found", LongMessage: "No user", Meta: &wire.ErrorMeta{ParamName: "id"}}
	tests := []struct {
		name string
		resp *http.Response
		want userclient.APIError
		text string
		is   []error
	}{
		{
			"an envelope", answer(404, envelope, "Clerk-Trace-Id", "trace_header"),
			userclient.APIError{Status: 404, Code: "resource_not_found", Message: "not found", TraceID: "trace_body",
				Errors: []wire.Error{first, {Code: "other", Message: "second"}}},
			"backend api: 404 resource_not_found: not found (trace trace_body)", []error{userclient.ErrNotFound},
		},
		{
			"no trace id in the body", answer(403, `{"errors":[{"code":"c","message":"m"}]}`, "Clerk-Trace-Id", "trace_header", "Cf-Ray", "ray"),
			userclient.APIError{Status: 403, Code: "c", Message: "m", TraceID: "trace_header", Errors: []wire.Error{{Code: "c", Message: "m"}}},
			"backend api: 403 c: m (trace trace_header)", nil,
		},
		{
			"only a gateway's trace id", answer(401, `{"errors":[]}`, "Cf-Ray", "ray"),
			userclient.APIError{Status: 401, Message: "Unauthorized", TraceID: "ray", Errors: []wire.Error{}},
			"backend api: 401: Unauthorized (trace ray)", nil,
		},
		{
			"a page of HTML", answer(404, "<h1>no</h1>", "Content-Type", "text/html"),
			userclient.APIError{Status: 404, Message: "Not Found"}, "backend api: 404: Not Found", []error{userclient.ErrNotFound},
		},
		{
			"an envelope of the wrong shape", answer(422, `{"errors":"no"}`),
			userclient.APIError{Status: 422, Message: "Unprocessable Entity"}, "backend api: 422: Unprocessable Entity", nil,
		},
		{
			"an envelope that never ends", answer(400, `{"errors":[{"code":"`+strings.Repeat("x", 1<<20)+`"}]}`),
			userclient.APIError{Status: 400, Message: "Bad Request"}, "backend api: 400: Bad Request", nil,
		},
		{
			"a long delay", answer(429, `{"errors":[{"code":"too_many_requests","message":"slow down"}]}`, "Retry-After", "60"),
			userclient.APIError{Status: 429, Code: "too_many_requests", Message: "slow down", RetryAfter: time.Minute,
				Errors: []wire.Error{{Code: "too_many_requests", Message: "slow down"}}},
			"backend api: 429 too_many_requests: slow down (retry after 1m0s)", []error{userclient.ErrRateLimited, userclient.ErrUnavailable},
		},
		{
			"not implemented", answer(501, ``),
			userclient.APIError{Status: 501, Message: "Not Implemented"}, "backend api: 501: Not Implemented", []error{userclient.ErrUnavailable},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, transport(func(*http.Request) (*http.Response, error) { return tt.resp, nil }))
			_, err := c.Users.Get(t.Context(), "user_1")
			got, ok := errors.AsType[*userclient.APIError](err)
			if !ok {
				t.Fatalf("Get = %v, want an APIError", err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("APIError (-want +got):\n%s", diff)
			}
			if want := "userclient: get user: " + tt.text; err.Error() != want {
				t.Errorf("text is %q, want %q", err, want)
			}
			wantErr(t, err, errors.Is, tt.is...)
		})
	}
}

func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		resp *http.Response
		want string
	}{
		{"HTML with 200", answer(200, "<html>", "Content-Type", "text/html; charset=utf-8"), "is not JSON"},
		{"no content type", answer(200, ada, "Content-Type", ""), "is not JSON"},
		{"a content type that only begins like JSON", answer(200, ada, "Content-Type", "application/jsonp"), "is not JSON"},
		{"a redirect", answer(302, "", "Location", "https://api.clerk.com/"), "redirects are not followed"},
		{"not modified", answer(304, ""), "redirects are not followed"},
		{"no content", answer(204, "", "Content-Type", ""), "is not JSON"},
		{"an empty body", answer(200, ""), "decode answer"},
		{"half a body", answer(200, ada[:20]), "decode answer"},
		{"two values", answer(200, ada+ada), "decode answer"},
		{"null", answer(200, "null"), "not about the user"},
		{"an array", answer(200, "["+ada+"]"), "decode answer"},
		{"a member of the wrong type", answer(200, `{"object":"user","id":1}`), "decode answer"},
		{"metadata is free, the list of addresses is not", answer(200, `{"object":"user","id":"user_1","email_addresses":{}}`), "decode answer"},
		{"another user", answer(200, `{"object":"user","id":"user_2"}`), "not about the user"},
		{"another user by a name in capitals", answer(200, `{"object":"user","id":"user_1","ID":"user_2"}`), "not about the user"},
		{"a deleted user", answer(200, `{"object":"user","id":"user_1","deleted":true}`), ""},
		{"another object", answer(200, `{"object":"session","id":"user_1"}`), "not about the user"},
		{"a member twice", answer(200, `{"object":"user","id":"user_2","id":"user_1"}`), `"id" occurs twice`},
		{"a member twice, once escaped", answer(200, `{"object":"user","\u0069d":"user_2","id":"user_1"}`), `"id" occurs twice`},
		{"a member twice, deep inside", answer(200, `{"object":"user","id":"user_1","email_addresses":[{"r":1,"s":"\"}","r":2}]}`), `"r" occurs twice`},
		{"a member twice in metadata", answer(200, `{"object":"user","id":"user_1","public_metadata":{"a":[{"r":1,"s":"\"}","r":2}]}}`), ""},
		{"the same names in different objects", answer(200, `{"object":"user","id":"user_1","public_metadata":{"id":{"id":"id","a":"id"},"object":["id","id"]}}`), ""},
		{"JSON with a charset", answer(200, ada, "Content-Type", "application/json; charset=utf-8"), ""},
		{"members nobody knows", answer(200, `{"object":"user","id":"user_1","new_member":{"x":[1]}}`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rt, calls := script(func() (*http.Response, error) { return tt.resp, nil })
			u, err := client(t, rt).Users.Get(t.Context(), "user_1")
			if tt.want == "" {
				if err != nil || u.ID != "user_1" {
					t.Errorf("Get = %+v, %v, want user_1", u, err)
				}
				return
			}
			got, ok := errors.AsType[*userclient.TransportError](err)
			if !ok || u != nil || got.Status != tt.resp.StatusCode || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Get = %+v, %v, want a TransportError with %q", u, err, tt.want)
			}
			wantErr(t, err, errors.Is, userclient.ErrUnavailable)
			if n := calls.Load(); n != 1 {
				t.Errorf("%d requests, want 1: asking again does not help", n)
			}
		})
	}
}

func TestL03_HangEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	slowBody := func(r *http.Request) io.ReadCloser { // one octet a second, for ever
		pr, pw := io.Pipe()
		go func() {
			for {
				select {
				case <-r.Context().Done():
					_ = pw.CloseWithError(r.Context().Err())
					return
				case <-time.After(time.Second):
					_, _ = pw.Write([]byte(" "))
				}
			}
		}()
		return pr
	}
	tests := []struct {
		name    string
		rt      transport
		timeout time.Duration // of the client; 0 is the default
		ctx     time.Duration // of the caller; 0 is none
		want    time.Duration
	}{
		{"no answer", func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, 0, 0, 5 * time.Second},
		{"no answer, a timeout of one's own", func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, time.Second, 0, time.Second},
		{"no answer, a caller in a hurry", func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, 0, time.Second, time.Second},
		{"one octet a second", func(r *http.Request) (*http.Response, error) {
			resp := answer(200, "")
			resp.Body, resp.ContentLength = slowBody(r), -1
			return resp, nil
		}, 0, 0, 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // fails if a goroutine stays behind
				c := newClient(t, userclient.Config{Transport: tt.rt, Timeout: tt.timeout})
				ctx := t.Context()
				if tt.ctx > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.ctx)
					defer cancel()
				}
				start := time.Now()
				_, err := c.Users.Get(ctx, "user_1")
				if d := time.Since(start); d != tt.want {
					t.Errorf("Get took %v, want %v", d, tt.want)
				}
				if _, ok := errors.AsType[*userclient.TransportError](err); !ok {
					t.Errorf("Get = %v, want a TransportError", err)
				}
				wantErr(t, err, errors.Is, userclient.ErrUnavailable, context.DeadlineExceeded)
			})
		})
	}
}

func TestL18_CallerThatLeavesStopsTheCall(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		rt   transport
	}{
		{"in the call", func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }},
		{"in the pause before a retry", func(*http.Request) (*http.Response, error) { return answer(429, "", "Retry-After", "2"), nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				rt := transport(func(r *http.Request) (*http.Response, error) { calls++; return tt.rt(r) })
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				start := time.Now()
				_, err := client(t, rt).Users.Get(ctx, "user_1")
				if !errors.Is(err, userclient.ErrUnavailable) || time.Since(start) != time.Second || calls != 1 {
					t.Errorf("Get = %v after %v and %d requests, want 1s and 1 request", err, time.Since(start), calls)
				}
			})
		})
	}
}
