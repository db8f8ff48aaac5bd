package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/internal/web"
)

// Timeouts of both listeners.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
)

// Main is the program: configuration, listeners and what they serve. Use [NewMain].
type Main struct {
	// Now is the clock; nil is time.Now. Set it before Open.
	Now func() time.Time

	limits         identity.Limits   // other than the defaults in tests only
	network        http.RoundTripper // what doctor asks through; nil but in tests
	drainTimeout   time.Duration     // other than the default in tests only
	stdin          io.Reader
	stdout, stderr io.Writer
	log            *slog.Logger
	config         *config
	embedded       *embedded // nil with a hosted instance
	mail           *mailbox  // nil where mail is not caught
	origin         string
	public         *listener
	backend        *listener // nil when off
}

// listener is a bound address and the server behind it.
type listener struct {
	net.Listener
	server      *http.Server
	connections connections
	watch       *observer
}

// serveWith follows the connections of the server that will serve the listener.
func (l *listener) serveWith(server *http.Server) {
	l.server = server
	l.connections.watch(server)
}

// NewMain returns a program that logs to stdout and writes usage to stderr.
func NewMain(stdout, stderr io.Writer) *Main {
	return &Main{drainTimeout: drainTimeout, stdin: os.Stdin, stdout: stdout, stderr: stderr, log: web.SampledLogger(slog.New(slog.NewTextHandler(stdout, nil)), nil), Now: time.Now}
}

// ParseFlags reads the configuration. Its error is for people and lists every mistake.
func (m *Main) ParseFlags(args []string, getenv func(string) string) (err error) {
	m.config, err = parseConfig(program, args, getenv, m.stderr)
	return err
}

// Keys is the keys command.
func (m *Main) Keys(ctx context.Context, args []string, getenv func(string) string) (err error) {
	if m.config, err = parseConfig("web keys", args, getenv, m.stderr); err != nil {
		return err
	}
	return printKeys(ctx, m.config, m.stdout, slog.New(slog.NewTextHandler(m.stderr, nil)))
}

// Origin is what people type, once Open has returned.
func (m *Main) Origin() string { return m.origin }

// Addr is the bound public address, once Open has returned.
func (m *Main) Addr() net.Addr { return m.public.Addr() }

// BackendURL is where the embedded Backend API listens, once Open has returned; "" when
// it does not.
func (m *Main) BackendURL() string {
	if m.backend == nil {
		return ""
	}
	return backendURL(m.config.backendAddr, m.backend.Addr())
}

// Open binds the listeners and makes everything ready. Run calls it if needed.
func (m *Main) Open(ctx context.Context) error {
	if err := m.open(ctx); err != nil {
		return errors.Join(err, m.Close())
	}
	return nil
}

func (m *Main) open(ctx context.Context) error {
	public, err := listen(ctx, m.config.addr, "-addr")
	if err != nil {
		return err
	}
	m.public = &listener{Listener: public}
	m.origin = m.config.publicOrigin(public.Addr())
	if strings.HasPrefix(m.origin, "https:") && len(m.config.proxies) == 0 {
		m.log.Warn("a proxy in front is not named with -trusted-proxies: everybody shares one rate limit")
	}
	in, err := m.openInstance(ctx)
	if err != nil {
		return err
	}
	in.auth.Development, in.allowed, in.proxies = m.config.development, m.config.allowed, m.config.proxies
	app, err := newApp(in, m.log, m.Now)
	if err != nil {
		return err
	}
	server := m.newServer(app.handler(m.origin, m.Now))
	if onThisMachine(m.origin) {
		server.MaxHeaderBytes = maxLocalHeaderBytes
	}
	m.public.serveWith(server)
	m.public.watch = app.watch
	return nil
}

// openInstance describes the hosted instance, or opens the embedded service and its
// Backend API's listener.
func (m *Main) openInstance(ctx context.Context) (in instance, err error) {
	if m.config.hosted() {
		return hostedInstance(m.config, m.origin), nil
	}
	cfg := identity.Config{
		PublicOrigin: m.origin, AllowedOrigins: m.config.allowed, Limits: m.config.limits(m.limits), HashMemory: m.config.hashMemory,
		Logger: m.log, Now: m.Now,
		MultiSession: m.config.multiSession, VerifyEmailAtSignUp: m.config.verifyEmail, InsecureImpersonation: m.config.openImpersonation,
	}
	if m.config.mayCatchMail() {
		m.mail = &mailbox{now: m.Now, clients: web.NewClients(m.config.proxies, nil, m.log)}
		cfg.SendMail = m.mail.send
		m.log.Info("mail is caught for developers and not sent", "page", m.origin+mailboxPath)
	}
	if m.embedded, err = openEmbedded(ctx, m.config.dataDir, cfg); err != nil {
		return in, err
	}
	if m.config.backendAddr != "" {
		l, err := listen(ctx, m.config.backendAddr, "-backend-addr")
		if err != nil {
			return in, err
		}
		watch := newObserver(m.log.With("listener", "backend"), m.Now, func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		})
		m.backend = &listener{Listener: l, watch: watch}
		m.backend.serveWith(m.newServer(watch.wrap(requestGuard(m.embedded.service.Backend()))))
	}
	if err := writeKeys(m.config.dataDir, keyLines(m.embedded.service, m.BackendURL())); err != nil {
		return in, err
	}
	in = m.embedded.instance(m.origin)
	in.mail = m.mail
	return in, nil
}

func listen(ctx context.Context, addr, flag string) (net.Listener, error) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // its sockets take no filter, which stopQueue needs
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w (choose another address with %s)", err, flag)
	}
	return l, nil
}

func (m *Main) newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelDebug),
	}
}

// Run serves until ctx ends, then lets requests in flight finish.
func (m *Main) Run(ctx context.Context) error {
	if m.public == nil {
		if err := m.Open(ctx); err != nil {
			return err
		}
	}
	failed := make(chan error, 2)
	for _, l := range m.listeners() {
		go func() { failed <- l.server.Serve(l.Listener) }()
	}
	m.log.Info("open this address in a browser", "url", m.origin, "addr", m.Addr().String(), "backend_api", m.BackendURL())
	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve: %w", err), m.drain(ctx))
	case <-ctx.Done():
		return m.drain(ctx)
	}
}

func (m *Main) listeners() []*listener {
	var all []*listener
	for _, l := range []*listener{m.public, m.backend} {
		if l != nil && l.server != nil {
			all = append(all, l)
		}
	}
	return all
}

// Close lets go of addresses and of the data folder. It may be called more than once.
func (m *Main) Close() error {
	var errs []error
	for _, l := range []*listener{m.public, m.backend} {
		if l == nil {
			continue
		}
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
		if l.server != nil {
			errs = append(errs, l.server.Close())
		}
	}
	if m.embedded != nil {
		errs = append(errs, m.embedded.close())
		m.embedded = nil
	}
	return errors.Join(errs...)
}
