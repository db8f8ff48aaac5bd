package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// privateFiles hold keys and password hashes.
var privateFiles = []string{databaseFile, databaseFile + "-wal", databaseFile + "-shm", keysFile}

// dataFolder looks at who else may read what the embedded service keeps.
func (d *checkup) dataFolder() {
	const what = "Data folder"
	dir := d.config.dataDir
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.note(what, dir+" does not exist yet", "The first start makes it, for you alone.")
		return
	case err != nil:
		d.bad(what, err.Error(), "Let the user who runs this program read it.")
		return
	case !info.IsDir():
		d.bad(what, dir+" is not a folder", "Name another one with -data.")
		return
	}
	exposed := false
	for _, name := range privateFiles {
		path := filepath.Join(dir, name)
		if file, err := os.Stat(path); err == nil && file.Mode().Perm()&0o077 != 0 {
			exposed = true
			d.bad(what, fmt.Sprintf("%s has mode %04o: others can read secrets", path, file.Mode().Perm()), "chmod 600 "+path)
		}
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		d.note(what, fmt.Sprintf("%s has mode %04o; the files in it have to be private by themselves", dir, mode), "chmod 700 "+dir+", unless others use it too.")
	} else if !exposed {
		d.ok(what, "%s and what is in it are yours alone", dir)
	}
}

// fixedAddr is the configured address, as if it had been bound.
type fixedAddr string

func (fixedAddr) Network() string  { return "tcp" }
func (a fixedAddr) String() string { return string(a) }

// address is what people type, "" when it is not known before the start.
func (d *checkup) address() string {
	if _, port, _ := net.SplitHostPort(d.config.addr); port == "0" && d.config.origin == "" {
		return ""
	}
	return d.config.publicOrigin(fixedAddr(d.config.addr))
}

// origin looks at the address that people type: tokens are accepted from it alone, and
// cookies belong to it.
func (d *checkup) origin() {
	const what = "Public origin"
	origin := d.address()
	if origin == "" {
		d.note(what, "depends on the port that is free at the start", "Set -origin or a fixed port in -addr to have it checked.")
		return
	}
	u, err := url.Parse(origin)
	if err != nil {
		d.bad(what, "cannot be read: "+err.Error(), "Set -origin.")
		return
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		d.bad(what, origin+" is not encrypted: everybody on the way can take over sessions", "Serve it over https and set -origin to the https address.")
		return
	}
	if site := strings.TrimPrefix(d.config.publishable.Host(), "clerk."); d.foreign(u, origin, site) {
		d.bad(what, fmt.Sprintf("%s is not part of %s, so the instance's cookies do not reach it", origin, site),
			fmt.Sprintf("Serve the app under %s, or set CLERK_PROXY_URL=%s/__clerk and allow that in the dashboard.", site, origin))
		return
	}
	d.ok(what, "%s; tokens count when they were made for it (authorized party)", origin)
	for _, app := range d.config.allowed {
		d.note("Other app", app+" may share the sign-ins of "+origin, "Its authorized parties have to list both origins, or it refuses the tokens that people get on the sign-in page.")
	}
}

// foreign reports an origin that cookies of a live hosted instance cannot reach.
func (d *checkup) foreign(u *url.URL, origin, site string) bool {
	c := d.config
	return c.hosted() && c.publishable.Live() && !c.proxied(origin) && u.Hostname() != site && !strings.HasSuffix(u.Hostname(), "."+site)
}

// server asks whoever answers on the public origin whether it is this program.
func (d *checkup) server(ctx context.Context, p *patient) {
	const what = "Server"
	origin := d.address()
	if origin == "" {
		return
	}
	answer, err := d.fetch(ctx, d.network, origin+"/readyz", "")
	switch {
	case err != nil && p != nil && p.running:
		d.bad(what, "a process serves the data folder, but nothing answers on "+origin, "Give doctor the flags that the server was started with.")
	case err != nil:
		d.note(what, "nothing answers on "+origin+" now", "Start it, if it should run.")
	case answer.status == http.StatusOK && strings.TrimSpace(string(answer.body)) == "ok":
		d.ok(what, "answers on %s and is ready", origin)
	case answer.status == http.StatusMisdirectedRequest:
		d.bad(what, "the server on "+origin+" was started for another origin", "Start it with -origin "+origin+".")
	case answer.status == http.StatusServiceUnavailable:
		d.bad(what, "the server on "+origin+" is not ready", "Its log says why.")
	default:
		d.bad(what, fmt.Sprintf("what answers on %s is another program (status %d)", origin, answer.status), "Choose another address with -addr, or mend the proxy in front.")
	}
}
