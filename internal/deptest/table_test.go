package deptest

// Modules by the names the plan uses.
const (
	templ        = "github.com/a-h/templ"
	chi          = "github.com/go-chi/chi/v5"
	httprate     = "github.com/go-chi/httprate"
	jwt          = "github.com/golang-jwt/jwt/v5"
	securecookie = "github.com/gorilla/securecookie"
	goose        = "github.com/pressly/goose/v3"
	sqlite       = "modernc.org/sqlite"
	pgx          = "github.com/jackc/pgx/v5"
	xcrypto      = "golang.org/x/crypto"
	idna         = "golang.org/x/net/idna"
	htmlparser   = "golang.org/x/net/html"
	precis       = "golang.org/x/text"
	cmp          = "github.com/google/go-cmp"
)

// Shorthands in the columns of the table. A package's name stands for everything below
// it too.
const (
	anything  = "*"       // in never: all but the standard library
	drivers   = "drivers" // database drivers and what exists for them
	publicOwn = "public"  // in allow: own packages that programs may import
	everyOwn  = "own"     // in allow: every own package
)

var driverPaths = []string{sqlite, pgx, goose, "database/sql"}

// rule is one row of the plan.
type rule struct {
	pkg   string
	allow []string // what it may import directly, besides the standard library
	never []string // what may not be among its dependencies at any distance
	names int      // budget of exported names, methods but those of known interfaces included; 0 is none
	later string   // why the package may be missing; "" is that it may not
}

// rules is the plan, in the order in which packages may import each other: a row
// allows only rows above it. Packages with a final "/…" are any number of packages.
var rules = []rule{
	{pkg: "wire", never: []string{anything, "net/http"}},
	{pkg: "internal/deptest", never: []string{anything}},
	{pkg: "internal/strictjson", never: []string{anything, "net/http"}},
	{pkg: "internal/token", allow: []string{"wire", jwt}, never: []string{"net/http", templ, chi, drivers}},
	{pkg: "internal/reqscope", never: []string{anything, "net/http"}},
	{pkg: "internal/web", allow: []string{"wire", "internal/strictjson"}, never: []string{templ, chi, drivers}},
	{pkg: "internal/pair", never: []string{anything, "net/http"}},
	{pkg: "internal/peer", allow: []string{"wire"}, never: []string{"authctx", "identity", templ, chi, drivers}},
	{pkg: "internal/walk", allow: []string{"wire", htmlparser}, never: []string{"authctx", "identity", templ, chi, drivers}},
	{pkg: "internal/fapi", allow: []string{"wire", "internal/web"}, never: []string{"authctx", "identity", templ, chi, drivers}},
	{
		pkg:   "authctx",
		allow: []string{"wire", "internal/token", "internal/reqscope", "internal/web", jwt},
		never: []string{templ, chi, "userclient", "views", "handlers", "identity", drivers},
		names: 81,
	},
	{
		pkg:   "userclient",
		allow: []string{"wire", "authctx", "internal/reqscope", "internal/strictjson", "internal/web"},
		never: []string{templ, chi, "views", "handlers", "identity", drivers},
		names: 60,
	},
	{pkg: "static", never: []string{anything}, names: 8},
	{
		pkg:   "views",
		allow: []string{templ, "wire", "authctx", "static", "internal/reqscope"},
		never: []string{"userclient", "handlers", "identity", chi, drivers},
		names: 32,
	},
	{
		pkg:   "handlers",
		allow: []string{"authctx", "userclient", "views", "wire", "static", "internal/web", "internal/fapi", chi, securecookie, templ},
		never: []string{"identity", drivers, "cmd"},
	},
	{pkg: "identity/store", never: []string{anything, "net/http"}, names: 60},
	{pkg: "identity/internal/mail", allow: []string{"wire"}, never: []string{"net/http", templ, chi, drivers}},
	{pkg: "identity/internal/picture", never: []string{anything, "net/http"}},
	{pkg: "identity/internal/passhash", allow: []string{xcrypto}, never: []string{"wire", "net/http", templ, chi, drivers}},
	{
		pkg:   "identity",
		allow: []string{"identity/store", "identity/internal/mail", "identity/internal/picture", "identity/internal/passhash", "wire", "internal/strictjson", "internal/token", "internal/web", securecookie, httprate, xcrypto, idna, precis},
		never: []string{"authctx", "userclient", "views", "handlers", templ, drivers},
		names: 57,
	},
	{pkg: "identity/memstore", allow: []string{"identity/store"}, never: []string{"identity/sqlitestore", "identity/pgstore", drivers}, names: 6},
	{pkg: "identity/sqlitestore", allow: []string{"identity/store", sqlite, goose}, never: []string{"identity/memstore", "identity/pgstore", pgx}, names: 6},
	{
		pkg: "identity/pgstore", allow: []string{"identity/store", pgx, goose},
		never: []string{"identity/memstore", "identity/sqlitestore", sqlite}, names: 6,
		later: "several machines on one PostgreSQL are not served yet",
	},
	{pkg: "identity/storetest", allow: []string{"identity/store", cmp}, never: []string{drivers}},
	{pkg: "authtest", allow: []string{"authctx", "wire", "internal/token"}, never: []string{"identity", drivers, templ}, names: 14},
	{
		pkg:   "cmd/web/…",
		allow: []string{everyOwn, templ, chi, httprate, securecookie},
		never: []string{"identity/storetest", "authtest", "testing"},
	},
	{pkg: "examples/…", allow: []string{publicOwn, "identity/memstore", "identity/sqlitestore", templ, chi}, never: []string{"cmd"}},
}

// public are the packages that programs may import.
var public = []string{"wire", "authctx", "userclient", "static", "views", "handlers", "identity", "identity/store", "authtest"}

// known are methods a reader knows from the standard library's interfaces and from
// identity.Store: having one adds nothing to learn, so it is not counted.
var known = []string{
	"String", "GoString", "Format", "LogValue", "Error", "Unwrap", "Is", "As", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText",
	"WriteTo", "ServeHTTP", "RoundTrip", "Close", "View", "Update", "Ping",
}

// nowhere may not be imported by any package, tests included, with the reason.
var nowhere = map[string]string{
	"math/rand":                   "use crypto/rand",
	"io/ioutil":                   "use io and os",
	"github.com/stretchr/testify": "tests use testing and go-cmp",
	"github.com/matryer/is":       "tests use testing and go-cmp",
	"github.com/onsi/gomega":      "tests use testing and go-cmp",
	module + "/e2e":               "nobody imports the browser tests",
	module + "/bench":             "nobody imports the benchmarks",
	module + "/tools":             "nobody imports the tools",
}

// unfinished are marks of work that is not done, and of a machine it was done on. They
// are written so as not to match themselves.
var unfinished = []string{
	`\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b`,
	`(?i)\bfor n[o]w\b`,
	`(?i)\blorem i[p]sum\b`,
	`(?i)\bissue #?\d`,
	`/w[o]rk/`,
	`/t[m]p/brief`,
	`/r[o]ot/`,
}
