package peer

import (
	"context"
	"fmt"
	"net"
	"path/filepath"

	"github.com/usherauth/usher/wire"
)

// Settings connect an app with an instance.
type Settings struct {
	// Addr is where the app listens, host and port. The host has to be the instance's as
	// browsers see it, since all ports of a host share cookies.
	Addr string
	// Origin is the instance's: its Frontend API and its sign-in page are there.
	Origin string
	// APIURL is the instance's Backend API.
	APIURL string
	// PublishableKey and SecretKey are the instance's.
	PublishableKey, SecretKey string
	// JWTKey is its public key, for verifying without a network; "" asks for the key set.
	// The Next.js SDK reads no such setting.
	JWTKey string
}

func (s Settings) String() string { return "peer.Settings{" + s.Addr + "}" }

// Express starts the app on @clerk/express in folder express of dir.
func Express(ctx context.Context, dir string, s Settings) (*Process, error) {
	dir = filepath.Join(dir, "express")
	if err := Install(ctx, dir); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	return start(ctx, dir, "http://"+s.Addr+"/healthz", []string{
		"NODE_ENV=production", "HOST=" + host, "PORT=" + port,
		"CLERK_PUBLISHABLE_KEY=" + s.PublishableKey, "CLERK_SECRET_KEY=" + s.SecretKey,
		"CLERK_API_URL=" + s.APIURL, "CLERK_JWT_KEY=" + s.JWTKey,
		"CLERK_PROXY_URL=" + s.Origin + wire.ProxyPath, "CLERK_SIGN_IN_URL=" + s.Origin + "/sign-in",
		"CLERK_TELEMETRY_DISABLED=1",
	}, "server.mjs")
}

// Next builds the app on @clerk/nextjs in folder next of dir for s, as for production, and
// starts it. The build takes half a minute or so: it writes public settings into the code.
func Next(ctx context.Context, dir string, s Settings) (*Process, error) {
	dir = filepath.Join(dir, "next")
	if err := Install(ctx, dir); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	env := []string{
		"NODE_ENV=production", "NEXT_TELEMETRY_DISABLED=1", "NEXT_PUBLIC_CLERK_TELEMETRY_DISABLED=1",
		"NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=" + s.PublishableKey, "CLERK_SECRET_KEY=" + s.SecretKey, "CLERK_API_URL=" + s.APIURL,
		"NEXT_PUBLIC_CLERK_PROXY_URL=" + s.Origin + wire.ProxyPath, "NEXT_PUBLIC_CLERK_SIGN_IN_URL=" + s.Origin + "/sign-in",
		"NEXT_PUBLIC_CLERK_JS_URL=/clerk-js/clerk.browser.js", "NEXT_PUBLIC_CLERK_PREFETCH_UI=false",
	}
	if out, err := npm(ctx, dir, env, "run", "build"); err != nil {
		return nil, fmt.Errorf("peer: build %s: %w\n%s", dir, err, out)
	}
	return start(ctx, dir, "http://"+s.Addr+"/healthz", env, "node_modules/next/dist/bin/next", "start", "-H", host, "-p", port)
}
