package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

const (
	callTimeout = 30 * time.Second
	maxAnswer   = 64 << 20 // 500 users with full metadata are 12 MiB
	userAgent   = "usher operator"
)

// api calls the Backend API.
type api struct {
	base, secret string
	http         http.Client
}

func newAPI(in *Instance) *api {
	return &api{
		base: strings.TrimSuffix(in.BackendURL, "/") + "/v1", secret: in.SecretKey,
		// The key goes to one address only, so redirects are not followed.
		http: http.Client{Transport: in.Transport, Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
}

// refusal is an answer that is an error.
type refusal struct {
	status int
	errs   []wire.Error
}

// Error says what the API says, with the parameter that it is about.
func (r *refusal) Error() string {
	if len(r.errs) == 0 {
		return fmt.Sprintf("the Backend API answers with status %d", r.status)
	}
	var parts []string
	for _, e := range r.errs {
		text := e.Message
		if e.LongMessage != "" {
			text = e.LongMessage
		}
		if e.Meta != nil && e.Meta.ParamName != "" && !strings.Contains(text, e.Meta.ParamName) {
			text = e.Meta.ParamName + ": " + text
		}
		parts = append(parts, clean(text))
	}
	return strings.Join(parts, "; ") + r.advice()
}

func (r *refusal) advice() string {
	switch r.status {
	case http.StatusUnauthorized:
		return " (copy CLERK_SECRET_KEY of this instance again)"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return " (wait a little and try again)"
	}
	return ""
}

// missing reports that what was asked for does not exist.
func missing(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == http.StatusNotFound
}

// call sends a request and decodes its answer into out, unless that is nil.
func (a *api) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	body := []byte(nil)
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
	}
	target := a.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the Backend API: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+a.secret)
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set(wire.HeaderAPIVersion, wire.APIVersion)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := a.http.Do(r)
	if err != nil {
		return fmt.Errorf("ask the Backend API: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	return decodeAnswer(res, out)
}

func decodeAnswer(res *http.Response, out any) error {
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the Backend API's answer: %w", err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		var envelope wire.Errors
		_ = json.Unmarshal(raw, &envelope) // what is no envelope has no text to show
		return &refusal{res.StatusCode, envelope.Errors}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("the Backend API's answer cannot be read: %w", err)
	}
	return nil
}

// segment is an id as a part of a path. It may come from anywhere, so nothing in it leads
// elsewhere.
func segment(id string) string {
	if id == "" || id == "." || id == ".." {
		return "-" // nothing has this id
	}
	return url.PathEscape(id)
}
