package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
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
// the keys command. The new file replaces the old one whole; one that holds the same stays,
// so that a server can start again on a full disk.
func writeKeys(dataDir, lines string) error {
	if keysAreThere(filepath.Join(dataDir, keysFile), lines) {
		return nil
	}
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

// keysAreThere reports a file with these lines that only its owner can read.
func keysAreThere(path, lines string) bool {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		return false
	}
	raw, err := os.ReadFile(path) //nolint:gosec // the operator names the folder
	return err == nil && string(raw) == lines
}

// printKeys is the keys command. It works while the server runs, and makes the instance
// if there is none.
func printKeys(ctx context.Context, c *config, out io.Writer, log *slog.Logger) error {
	if c.hosted() {
		return usageError{errors.New("keys prints the embedded instance's keys, but CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY name a hosted one: unset them first")}
	}
	lines, err := readKeys(ctx, c, log)
	if err == nil {
		_, err = io.WriteString(out, lines)
	}
	return err
}

// someOrigin stands for the public origin where it is of no account: nothing is signed.
const someOrigin = "http://localhost"

func readKeys(ctx context.Context, c *config, log *slog.Logger) (string, error) {
	cfg := identity.Config{PublicOrigin: cmp.Or(c.origin, someOrigin), PurgeInterval: -1, Logger: log}
	e, err := openEmbedded(ctx, c.dataDir, cfg)
	backend := backendURL(c.backendAddr, nil)
	if errors.Is(err, sqlitestore.ErrInUse) {
		// The server knows where its Backend API listens, the store which key signs now.
		var running map[string]string
		if running, err = runningKeys(c.dataDir); err != nil {
			return "", err
		}
		backend = running["CLERK_API_URL"]
		e, err = openShared(ctx, c.dataDir, cfg)
	}
	e, err = orReadOnly(ctx, e, err, c.dataDir, cfg)
	if err != nil {
		return "", err
	}
	lines := keyLines(e.service, backend)
	return lines, e.close()
}

// runningKeys are the lines that the process left that serves the data folder.
func runningKeys(dataDir string) (map[string]string, error) {
	raw, err := os.ReadFile(filepath.Join(dataDir, keysFile)) //nolint:gosec // the operator names the folder
	if err != nil {
		return nil, fmt.Errorf("another process serves %s and has left no %s there: wait until it has started: %w", dataDir, keysFile, err)
	}
	return parseKeyLines(string(raw)), nil
}

func parseKeyLines(lines string) map[string]string {
	values := make(map[string]string)
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if unquoted, err := strconv.Unquote(value); err == nil {
			value = unquoted
		}
		values[name] = value
	}
	return values
}
