package operate

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/usherauth/usher/wire"
)

// newUser is the body of POST /users.
type newUser struct {
	Emails       []string `json:"email_address,omitempty"`
	FirstName    string   `json:"first_name,omitempty"`
	LastName     string   `json:"last_name,omitempty"`
	Username     string   `json:"username,omitempty"`
	ExternalID   string   `json:"external_id,omitempty"`
	Password     string   `json:"password,omitempty"`
	SkipPassword bool     `json:"skip_password_requirement,omitempty"`
}

func createUser(o *options) action {
	var u newUser
	var addresses texts
	o.Var(&addresses, "email", "`address`; more than once for several, the first is the primary one")
	o.StringVar(&u.FirstName, "first-name", "", "first `name`")
	o.StringVar(&u.LastName, "last-name", "", "last `name`")
	o.StringVar(&u.Username, "username", "", "user `name`")
	o.StringVar(&u.ExternalID, "external-id", "", "`id` that the user has in another system")
	fromInput := o.Bool("password-stdin", false, "read the password from standard input, one line")
	o.BoolVar(&u.SkipPassword, "no-password", false, "create a user without a password")
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		u.Emails = addresses
		made, err := u.choosePassword(t.Stdin, *fromInput)
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := t.api.call(ctx, http.MethodPost, "/users", nil, u, &raw); err != nil {
			return u.advise(err)
		}
		var created wire.User
		if err := json.Unmarshal(raw, &created); err != nil {
			return err
		}
		if err := t.done(raw, "%s created", created.ID); err != nil || made == "" {
			return err
		}
		if t.json {
			line, err := json.Marshal(map[string]string{"object": "generated_password", "user_id": created.ID, "password": made})
			return errors.Join(err, writeLine(t.Stdout, line))
		}
		return t.say("Password, shown this once: %s", made)
	}
}

// advise names the flag for an address that was left out and is needed.
func (u *newUser) advise(err error) error {
	var r *refusal
	if len(u.Emails) == 0 && errors.As(err, &r) && slices.ContainsFunc(r.errs, func(e wire.Error) bool {
		return e.Meta != nil && e.Meta.ParamName == "email_address"
	}) {
		return fmt.Errorf("%w Give it with -email ADDRESS", err)
	}
	return err
}

// choosePassword sets the password from the input, or to a new one, which it returns.
func (u *newUser) choosePassword(in io.Reader, fromInput bool) (made string, err error) {
	switch {
	case fromInput && u.SkipPassword:
		return "", &UsageError{"-password-stdin and -no-password exclude each other"}
	case fromInput:
		u.Password, err = readPassword(in)
		return "", err
	case u.SkipPassword:
		return "", nil
	}
	u.Password = rand.Text() // 130 bits
	return u.Password, nil
}

const maxPasswordLine = 8 << 10

// readPassword reads a line. What is in it stays as it is.
func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxPasswordLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", errors.New("-password-stdin: standard input is empty: write the password there, in one line")
	}
	return line, nil
}
