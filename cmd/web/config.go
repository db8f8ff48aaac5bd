package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/usherauth/usher/internal/web"
	"github.com/usherauth/usher/wire"
)

// config is what flags and environment say. Everything in it was checked.
type config struct {
	addr        string // public listener
	dataDir     string
	backendAddr string         // "" is off
	origin      string         // "" follows from the bound address
	proxies     []netip.Prefix // networks whose X-Forwarded-For is believed
	allowed     []string       // origins of other apps that share the instance

	development bool // pages show developers how requests are decided

	multiSession, verifyEmail, openImpersonation bool // of the embedded service

	hashMemory   int64 // of the embedded service, in bytes
	networkLimit int   // of the embedded service; negative is none

	publishable wire.PublishableKey // zero: the embedded service
	secretKey   string
	jwtKey      string
	apiURL      string
	proxyURL    string
	signInURL   string
	signUpURL   string
}

func (c *config) hosted() bool { return !c.publishable.IsZero() }

// String hides keys; so does every format.
func (c *config) String() string { return "config{" + c.addr + "}" }

// Format implements [fmt.Formatter].
func (c *config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// usageError is a wrong flag or variable; the process ends with status 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// setting is a flag, the environment variable behind it and the default behind that.
type setting struct{ flag, env, value, help string }

var settings = []setting{
	{"addr", "ADDR", "localhost:8080", "public listener, `host:port`"},
	{"data", "DATA_DIR", "./data", "`folder` of the embedded service: database and keys"},
	{"database", "DATABASE_URL", "", "`URL` of a shared database, which this version cannot use yet; empty, as it has to be, is a SQLite file in the data folder"},
	{"backend-addr", "BACKEND_API_ADDR", "localhost:8081", "listener of the embedded Backend API, `host:port`, or off"},
	{"origin", "PUBLIC_ORIGIN", "", "`origin` that people type, such as https://app.example.com; empty follows from -addr"},
	{"allowed-origins", "ALLOWED_ORIGINS", "", "`list` of origins of other apps that share the instance, such as http://localhost:3000: their pages may call the Frontend API, and people are led back to them"},
	{"trusted-proxies", "TRUSTED_PROXIES", "", "`list` of addresses and networks of reverse proxies, such as 10.0.0.5,fd00::/8: the client is then the last X-Forwarded-For entry that is none of them"},
	{"network-limit", "NETWORK_LIMIT", "5", "`number` of failed sign-ins, and of sign-ups and requests for codes, that one network may make in 10 seconds, or off; successful sign-ins do not count"},
	{"hash-memory", "HASH_MEMORY", "128", "`MiB` that hashing passwords may take: 19 for each password at once, of which there are at most as many as CPUs"},
}

// parseConfig reads args and environment; a flag wins. The error is a usageError that
// lists every mistake, or [flag.ErrHelp].
func parseConfig(name string, args []string, getenv func(string) string, usage io.Writer) (*config, error) {
	env := &environment{get: getenv}
	values, err := readSettings(name, args, env, usage)
	if err != nil {
		return nil, err
	}
	c := &config{
		addr: values["addr"], dataDir: values["data"], backendAddr: values["backend-addr"], origin: values["origin"],
		secretKey: env.value("CLERK_SECRET_KEY"), jwtKey: env.pem("CLERK_JWT_KEY"), apiURL: env.value("CLERK_API_URL"),
		proxyURL: env.value("CLERK_PROXY_URL"), signInURL: env.value("CLERK_SIGN_IN_URL"), signUpURL: env.value("CLERK_SIGN_UP_URL"),
	}
	development, publishable := env.value("USHER_DEV"), env.value("CLERK_PUBLISHABLE_KEY")
	if len(env.errs) > 0 { // what follows from a setting that is not there is no help
		return nil, usageError{errors.Join(env.errs...)}
	}
	var badProxies, badOrigins error
	c.proxies, badProxies = parseTrustedProxies(values["trusted-proxies"])
	c.allowed, badOrigins = parseAllowedOrigins(values["allowed-origins"], c.origin)
	err = errors.Join(
		c.checkAddresses(),
		c.checkOrigin(),
		badProxies, badOrigins,
		checkDatabase(values["database"]),
		c.checkDevelopment(development),
		c.checkKeys(publishable),
		c.checkLoad(values["network-limit"], values["hash-memory"]),
	)
	err = errors.Join(err, c.useToggles(values))
	if err == nil && c.hosted() {
		err = c.checkHosted()
	}
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

func readSettings(name string, args []string, env *environment, usage io.Writer) (map[string]string, error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(usage)
	for _, s := range settings {
		value := s.value
		if v := env.value(s.env); v != "" {
			value = v
		}
		flags.String(s.flag, value, s.help+" (environment: "+s.env+")")
	}
	addToggles(flags, env)
	if name == program {
		flags.Usage = func() { printUsage(usage, flags) }
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, usageError{errors.Join(append(env.errs, err)...)}
	}
	flags.Visit(func(f *flag.Flag) {
		if err := visible(f.Value.String()); err != nil {
			env.errs = append(env.errs, fmt.Errorf("-%s %w", f.Name, err))
		}
	})
	if flags.NArg() > 0 {
		return nil, usageError{fmt.Errorf("unexpected argument %q: a command comes before its flags (web -h lists the commands)", flags.Arg(0))}
	}
	values := make(map[string]string)
	flags.VisitAll(func(f *flag.Flag) { values[f.Name] = f.Value.String() })
	return values, nil
}

func (c *config) checkAddresses() error {
	var errs []error
	if c.backendAddr == "off" {
		c.backendAddr = ""
	} else {
		errs = append(errs, checkAddress("-backend-addr", c.backendAddr, ", or off for none"))
	}
	errs = append(errs, checkAddress("-addr", c.addr, ""))
	if _, port, _ := net.SplitHostPort(c.addr); c.addr == c.backendAddr && port != "0" {
		errs = append(errs, fmt.Errorf("-backend-addr is %q like -addr: give the Backend API a port of its own, or off", c.addr))
	}
	if c.dataDir == "" {
		errs = append(errs, errors.New("-data is empty: name a folder, such as ./data"))
	}
	return errors.Join(errs...)
}

func checkAddress(name, addr, more string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%s is %q: write host and port, such as localhost:8080%s", name, addr, more)
	}
	return nil
}

func (c *config) checkOrigin() error {
	if c.origin == "" {
		return nil
	}
	origin, ok := web.Origin(c.origin)
	if ok && origin == c.origin {
		return nil
	}
	hint := "https://app.example.com"
	if rest, _, found := strings.Cut(strings.TrimPrefix(origin, "https://"), "/"); ok && found {
		hint = "https://" + rest
	} else if ok {
		hint = origin
	}
	return fmt.Errorf("-origin is %q: write scheme and host in lower case, without a path or final slash, such as %s", c.origin, hint)
}

func checkDatabase(url string) error {
	scheme, _, _ := strings.Cut(url, "://")
	switch scheme {
	case "":
		return nil
	case "postgres", "postgresql":
		return errors.New("-database names a PostgreSQL database, which this version cannot use yet: leave -database and DATABASE_URL empty to keep everything in a SQLite file in the data folder")
	}
	// The value may hold a password, so it is not repeated.
	return errors.New("-database is not understood: leave -database and DATABASE_URL empty to keep everything in a SQLite file in the data folder")
}

// checkDevelopment wants it said. It does not follow from a loopback origin: behind a
// reverse proxy that hides its own name everybody seems to be local.
func (c *config) checkDevelopment(value string) error {
	switch value {
	case "", "0", "1":
		c.development = value == "1"
		return nil
	}
	return fmt.Errorf("USHER_DEV is %q: write 1 to show developers how each request is decided, or leave it empty", value)
}

// publicOrigin is the configured origin, or the one that people on this machine type to
// reach the bound address.
func (c *config) publicOrigin(bound net.Addr) string {
	if c.origin != "" {
		return c.origin
	}
	host, _, _ := net.SplitHostPort(c.addr)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(bound.String())
	origin, _ := web.Origin("http://" + net.JoinHostPort(strings.ToLower(host), port))
	return origin
}
