package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// ErrMissing is that Node.js, npm or the packages are not there. The error around it says
// how to get them.
var ErrMissing = errors.New("not installed")

// Node is the path of the program that runs the apps.
func Node() (string, error) {
	return find("install Node.js, such as with apt-get install nodejs npm", "node", "nodejs")
}

func find(how string, names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("peer: %s: %w; %s", names[0], ErrMissing, how)
}

// installing is held while packages are installed: npm begins by taking away what others
// may be about to run.
var installing sync.Mutex

// Install installs what the lock file in dir names, unless that was done since the file
// was written. Those who ask at the same time wait for each other.
func Install(ctx context.Context, dir string) error {
	installing.Lock()
	defer installing.Unlock()
	lock, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	done, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json"))
	if err == nil && !done.ModTime().Before(lock.ModTime()) {
		return nil
	}
	out, err := npm(ctx, dir, nil, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	if err != nil {
		return fmt.Errorf("peer: the packages of %s: %w; npm ci there: %w\n%s", dir, ErrMissing, err, out)
	}
	return nil
}

// npm runs npm in dir with more in its environment and returns what it says.
func npm(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	path, err := find("install npm, such as with apt-get install npm", "npm")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // npm as found, with arguments of ours
	cmd.Dir, cmd.Env = dir, environment(env)
	return cmd.CombinedOutput()
}

// environment is ours with more in it, and with nothing that would point an app at an
// instance of somebody's own.
func environment(more []string) []string {
	own := slices.DeleteFunc(os.Environ(), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return strings.Contains(name, "CLERK_") || strings.HasPrefix(name, "NEXT_") || strings.HasPrefix(name, "NODE_")
	})
	return append(own, more...)
}
