package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/identity/sqlitestore"
)

// keyLines are what another SDK needs to use the instance, as an environment file. The
// PEM key is one line, with \n for its line ends.
func keyLines(service *identity.Service, backend string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CLERK_PUBLISHABLE_KEY=%s\n", service.PublishableKey())
	fmt.Fprintf(&b, "CLERK_SECRET_KEY=%s\n", service.SecretKey().Reveal())
	fmt.Fprintf(&b, "CLERK_API_URL=%s\n", backend)
	fmt.Fprintf(&b, "CLERK_JWT_KEY=%q\n", service.JWTKeyPEM())
	return b.String()
}

// backendURL is where programs on this machine reach the Backend API: the host as it was
// configured, with the port that was bound. "" when it is off.
func backendURL(configured string, bound net.Addr) string {
	if configured == "" {
		return ""
	}
	host, port, _ := net.SplitHostPort(configured)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	if bound != nil {
		_, port, _ = net.SplitHostPort(bound.String())
	}
	return "http://" + net.JoinHostPort(host, port)
}

// writeKeys leaves the lines in the data folder while the server holds the database, for
// the keys command. The new file replaces the old one whole.
func writeKeys(dataDir, lines string) error {
	tmp, err := os.CreateTemp(dataDir, keysFile+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	_, err = tmp.WriteString(lines)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(dataDir, keysFile))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("write the keys: %w", err)
	}
	return nil
}

// printKeys is the keys command. It works while the server runs, and makes the instance
// if there is none.
func printKeys(ctx context.Context, c *config, out io.Writer) error {
	if c.hosted() {
		return usageError{errors.New("keys prints the embedded instance's keys, but CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY name a hosted one: unset them first")}
	}
	lines, err := readKeys(ctx, c)
	if err == nil {
		_, err = io.WriteString(out, lines)
	}
	return err
}

func readKeys(ctx context.Context, c *config) (string, error) {
	origin := c.origin
	if origin == "" {
		origin = "http://localhost" // of no account: nothing is signed
	}
	e, err := openEmbedded(ctx, c.dataDir, identity.Config{PublicOrigin: origin})
	if errors.Is(err, sqlitestore.ErrInUse) {
		lines, readErr := os.ReadFile(filepath.Join(c.dataDir, keysFile))
		if readErr != nil {
			return "", fmt.Errorf("another process serves %s and has left no %s there: wait until it has started: %w", c.dataDir, keysFile, readErr)
		}
		return string(lines), nil
	}
	if err != nil {
		return "", err
	}
	lines := keyLines(e.service, backendURL(c.backendAddr, nil))
	return lines, errors.Join(e.close())
}
