package identity

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Errors every [Store] returns; test for them with errors.Is.
var (
	// ErrNotFound means that no record has this id, address or secret.
	ErrNotFound = errors.New("not found")
	// ErrConflict means that a unique value is taken: a user's, address's,
	// client's, session's, attempt's or key's id, a normalized address, or a client secret.
	ErrConflict = errors.New("already exists")
	// ErrBusy means that the store could not begin the transaction in time because
	// other writers held it. Nothing was changed; the caller may try again.
	ErrBusy = errors.New("store is busy")
)

// Store keeps an instance's records. Implementations are safe for concurrent use;
// package storetest is the contract they are held to.
type Store interface {
	// View runs fn with a consistent snapshot. fn must not write: Put and Delete
	// methods of the Tx return an error.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn in a serializable transaction: what fn read does not change
	// before its writes are in. When fn returns nil and Update returns nil, every
	// write is durable, across kill -9 too where the store keeps files. When fn or
	// the commit fails, nothing of it is kept and the error is returned as it is.
	// fn may be run again, so it must not have effects of its own.
	Update(ctx context.Context, fn func(Tx) error) error

	// Ping reports whether the store can serve, for readiness checks.
	Ping(ctx context.Context) error

	// Close releases the store. Calls after Close return an error.
	Close() error
}

// Tx is one transaction. It is used by one goroutine and not kept after fn returns.
// Getters return ErrNotFound for what is not there. Put methods insert or replace by
// id, and return ErrConflict when another record holds a unique value. Records are
// copied in and out: changing one after the call changes nothing stored.
type Tx interface {
	User(id string) (User, error)
	UserByEmail(normalized string) (User, error) // by EmailAddress.Normalized, of any of the user's addresses
	Users(q UserQuery) ([]User, error)
	CountUsers(q UserQuery) (int64, error) // ignores Limit, Offset and OrderBy
	PutUser(u User) error                  // with all of its addresses; addresses no longer in u are deleted
	DeleteUser(id string) error            // with its addresses and sessions

	Client(id string) (Client, error)
	PutClient(c Client) error
	DeleteClient(id string) error // with its sessions and attempts

	Session(id string) (Session, error)
	Sessions(q SessionQuery) ([]Session, error)
	PutSession(s Session) error // ErrNotFound when its user or client does not exist

	SignIn(id string) (SignIn, error)
	PutSignIn(a SignIn) error
	SignUp(id string) (SignUp, error)
	PutSignUp(a SignUp) error

	SigningKeys() ([]SigningKey, error) // newest first
	PutSigningKey(k SigningKey) error
	DeleteSigningKey(kid string) error

	Setting(name string) ([]byte, error) // instance settings and secrets, by name
	PutSetting(name string, value []byte) error

	// DeleteExpired removes attempts whose ExpireAt, and sessions whose ExpireAt or
	// AbandonAt, is before t, and then clients whose UpdatedAt is before t and to which
	// no session or attempt belongs. It returns how many records that were. A zero time
	// is never before t.
	DeleteExpired(t time.Time) (int64, error)
}

// User is a person. Times are UTC with millisecond precision; the zero time means never.
type User struct {
	ID              string
	ExternalID      string
	Username        string
	FirstName       string
	LastName        string
	PrimaryEmailID  string
	Emails          []EmailAddress // in order of creation
	PasswordHash    string         // PHC string; "" means no password
	PublicMetadata  json.RawMessage
	PrivateMetadata json.RawMessage
	UnsafeMetadata  json.RawMessage
	Banned          bool
	FailedAttempts  int       // wrong passwords since the last success
	LockedUntil     time.Time // zero: not locked
	PasswordAt      time.Time // when the password was set
	LastSignInAt    time.Time
	LastActiveAt    time.Time
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// EmailAddress is an address of a user. Normalized is what uniqueness and look-ups
// use; Address is how the person typed it.
type EmailAddress struct {
	ID         string
	Address    string
	Normalized string
	Verified   bool
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// UserQuery selects users. The zero value selects everybody, newest first. Set fields
// are combined with AND, the values of one with OR.
type UserQuery struct {
	IDs     []string
	Emails  []string // normalized
	Search  string   // part of an id, name or address, without case
	OrderBy string   // created_at, updated_at, last_sign_in_at, last_active_at or email_address, after + or -; "" is -created_at. Ties by id.
	Limit   int      // 0 is no limit
	Offset  int
}

// Client is one browser. SecretHash is the SHA-256 of the secret in its __client
// cookie; a rotated secret makes the earlier cookie worthless.
type Client struct {
	ID                  string
	SecretHash          []byte
	SignInID            string
	SignUpID            string
	LastActiveSessionID string
	CreatedAt           time.Time
	UpdatedAt           time.Time // also the value of __client_uat while somebody is signed in
}

// Session is one person's signed-in state in one client.
type Session struct {
	ID           string
	ClientID     string
	UserID       string
	Status       string // a wire.Session… status
	ActiveOrgID  string
	IPAddress    string
	UserAgent    string
	FirstFactor  time.Time // when a first factor was last verified
	SecondFactor time.Time // zero: never
	LastActiveAt time.Time
	ExpireAt     time.Time // absolute end
	AbandonAt    time.Time // idle end
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SessionQuery selects sessions, newest first. The zero value selects all.
type SessionQuery struct {
	UserID   string
	ClientID string
	Status   string
	Limit    int // 0 is no limit
	Offset   int
}

// SignIn is a sign-in attempt in a client.
type SignIn struct {
	ID               string
	ClientID         string
	Status           string // a wire.Status…
	Identifier       string
	UserID           string // "" until the identifier was matched to somebody
	CreatedSessionID string
	ExpireAt         time.Time
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// SignUp is a sign-up attempt in a client.
type SignUp struct {
	ID               string
	ClientID         string
	Status           string
	EmailAddress     string
	FirstName        string
	LastName         string
	PasswordHash     string
	UnsafeMetadata   json.RawMessage
	CreatedSessionID string
	CreatedUserID    string
	ExpireAt         time.Time
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// SigningKey is an RSA key that signs session tokens. The newest one signs; all of
// them are published until deleted.
type SigningKey struct {
	Kid       string
	PKCS8     []byte // DER
	CreatedAt time.Time
}
