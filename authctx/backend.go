package authctx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usherauth/usher/wire"
)

const (
	backendTimeout = 3 * time.Second
	backendMaxBody = 1 << 20
)

var errSecretKey = errors.New("the secret key was not accepted")

// backend asks the Backend API for what verification needs: keys and handshake payloads.
type backend struct {
	base   string
	secret string
	client *http.Client
}

func newBackend(cfg Config) *backend {
	base := cfg.APIURL
	if base == "" {
		base = defaultAPIURL
	}
	return &backend{
		base:   strings.TrimRight(base, "/") + "/v1",
		secret: cfg.SecretKey,
		client: &http.Client{
			Transport: cfg.Transport,
			Timeout:   backendTimeout,
			// The secret key goes to the configured address and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// jwks fetches the key set. A key of a shape unknown here is left out rather than
// spoiling the others (RFC 7517 §5).
func (b *backend) jwks(ctx context.Context) (wire.JWKS, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := b.get(ctx, "/jwks", &raw); err != nil {
		return wire.JWKS{}, err
	}
	var set wire.JWKS
	for _, r := range raw.Keys {
		var key wire.JWK
		if json.Unmarshal(r, &key) == nil {
			set.Keys = append(set.Keys, key)
		}
	}
	return set, nil
}

// handshakePayload exchanges a nonce for the cookies it stands for (protocol reference 4.6).
func (b *backend) handshakePayload(ctx context.Context, nonce string) (directives, error) {
	if b.secret == "" {
		return directives{}, errSecretKey
	}
	var payload struct {
		Directives cookieLines `json:"directives"`
		Aud        string      `json:"aud"`
		Bnd        *string     `json:"bnd"`
	}
	err := b.get(ctx, "/clients/handshake_payload?nonce="+url.QueryEscape(nonce), &payload)
	return directives{lines: payload.Directives, aud: payload.Aud, bnd: payload.Bnd}, err
}

// cookieLines are Set-Cookie lines: a list of texts, none of them null.
type cookieLines []string

func (l *cookieLines) UnmarshalJSON(text []byte) error {
	var lines []*string
	if err := json.Unmarshal(text, &lines); err != nil {
		return err
	}
	for _, line := range lines {
		if line == nil {
			return errors.New("a line is null")
		}
		*l = append(*l, *line)
	}
	return nil
}

func (b *backend) get(ctx context.Context, path string, to any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+path, nil)
	if err != nil {
		return fmt.Errorf("backend API: %w", err)
	}
	return b.do(req, to)
}

func (b *backend) post(ctx context.Context, path string, body, to any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("backend API: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+path, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("backend API: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	return b.do(req, to)
}

func (b *backend) do(req *http.Request, to any) error {
	req.Header.Set("Authorization", "Bearer "+b.secret)
	req.Header.Set(wire.HeaderAPIVersion, wire.APIVersion)
	res, err := b.client.Do(req)
	if err != nil {
		return fmt.Errorf("backend API: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return backendError(res)
	}
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind != "application/json" {
		return fmt.Errorf("backend API: answered %q, not JSON", kind)
	}
	return decodeLimited(res.Body, to)
}

func decodeLimited(r io.Reader, to any) error {
	body, err := io.ReadAll(io.LimitReader(r, backendMaxBody+1))
	if err != nil {
		return fmt.Errorf("backend API: read answer: %w", err)
	}
	if len(body) > backendMaxBody {
		return errors.New("backend API: answer is too large")
	}
	if err := json.Unmarshal(body, to); err != nil {
		return fmt.Errorf("backend API: decode answer: %w", err)
	}
	return nil
}
