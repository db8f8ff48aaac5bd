package bench

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

// crowdDesk is a desk with people, each with an address, a browser, a session and a
// membership in an organization of ten, and with a few browsers that have their cookies.
type crowdDesk struct {
	*desk
	people   int
	serial   int
	browsers []openBrowser
}

func newCrowdDesk(t *testing.T, dir string, people int) *crowdDesk {
	t.Helper()
	d := &crowdDesk{desk: newDeskIn(t, dir), people: people, serial: int(time.Now().UnixMilli())}
	d.fill(t)
	for range 16 {
		d.browsers = append(d.browsers, d.open(t, d.newAddress()))
	}
	return d
}

// newAddress is one that nobody has, in this run or an earlier one.
func (d *crowdDesk) newAddress() string {
	d.serial++
	sum := sha256.Sum256(fmt.Append(nil, d.serial))
	return strings.ToLower(inOrder.EncodeToString(sum[:16])) + "@example.com"
}

// inOrder is the alphabet of the service's ids, in the order of its characters.
var inOrder = base32.NewEncoding("234567ABCDEFGHIJKLMNOPQRSTUVWXYZ").WithPadding(base32.NoPadding)

// id is that of the n-th record of a kind, as long as the service makes them. It grows
// with n, as writing a million in the order of their ids is a matter of minutes and not of
// hours, and all are spread over the ids there can be, so that new ones fall in between.
func (d *crowdDesk) id(prefix string, n int) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(n)*(math.MaxUint64/uint64(d.people)))
	binary.BigEndian.PutUint64(b[8:], uint64(n)*0x9e3779b97f4a7c15)
	return prefix + inOrder.EncodeToString(b[:])
}

func (d *crowdDesk) user(n int) string         { return d.id("user_", n) }
func (d *crowdDesk) session(n int) string      { return d.id("sess_", n) }
func (d *crowdDesk) organization(n int) string { return d.id("org_", n/10) }
func (d *crowdDesk) address(n int) string      { return strings.ToLower(d.id("", n)) + "@example.com" }

// fill writes the people without asking for their passwords, and says how far it is.
func (d *crowdDesk) fill(t *testing.T) {
	t.Helper()
	const together = 2000
	start := time.Now()
	if d.filled(t) {
		return
	}
	for from := 0; from < d.people; from += together {
		err := d.store.Update(context.Background(), func(tx identity.Tx) error {
			for n := from; n < min(from+together, d.people); n++ {
				if err := d.put(tx, n, start.Add(-24*time.Hour).Add(time.Duration(n)*time.Millisecond)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if done := from + together; done%100_000 == 0 {
			fmt.Printf("made %d of %d people in %v\n", done, d.people, time.Since(start).Round(time.Second))
		}
	}
}

// filled is whether an earlier run has made the people.
func (d *crowdDesk) filled(t *testing.T) bool {
	t.Helper()
	err := d.store.View(context.Background(), func(tx identity.Tx) error {
		_, err := tx.User(d.user(d.people - 1))
		return err
	})
	if err != nil && !errors.Is(err, identity.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// put writes what is there of a person.
func (d *crowdDesk) put(tx identity.Tx, n int, at time.Time) error {
	mail := identity.EmailAddress{ID: d.id("idn_", n), Address: d.address(n), Normalized: d.address(n), Verified: true, CreatedAt: at, UpdatedAt: at}
	user := identity.User{
		ID: d.user(n), FirstName: "Ada", LastName: "Lovelace", PrimaryEmailID: mail.ID, Emails: []identity.EmailAddress{mail},
		PasswordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBvY3RldHMhIQ$c2l4dGVlbiBvY3RldHMhIXNpeHRlZW4gb2N0ZXRzISE",
		PasswordAt:   at, LastSignInAt: at, CreatedAt: at, UpdatedAt: at,
	}
	secret := sha256.Sum256([]byte(user.ID))
	client := identity.Client{ID: d.id("client_", n), SecretHash: secret[:], LastActiveSessionID: d.session(n), CreatedAt: at, UpdatedAt: at}
	session := identity.Session{
		ID: d.session(n), ClientID: client.ID, UserID: user.ID, Status: wire.SessionActive, IPAddress: "192.0.2.1",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36", FirstFactor: at,
		LastActiveAt: at, ExpireAt: at.AddDate(1, 0, 0), AbandonAt: at.AddDate(1, 0, 0), CreatedAt: at, UpdatedAt: at,
	}
	member := identity.Membership{ID: d.id("orgmem_", n), OrgID: d.organization(n), UserID: user.ID, Role: "org:member", CreatedAt: at, UpdatedAt: at}
	event := identity.AuditEvent{ID: d.id("aud_", n), Type: "sign_up.completed", ActorID: user.ID, UserID: user.ID, SessionID: session.ID, At: at}
	if err := tx.PutUser(user); err != nil {
		return err
	}
	if n%10 == 0 {
		org := identity.Organization{ID: member.OrgID, Name: "Acme " + member.OrgID, Slug: "acme-" + member.OrgID, CreatedBy: user.ID, CreatedAt: at, UpdatedAt: at}
		if err := tx.PutOrganization(org); err != nil {
			return err
		}
		member.Role = "org:admin"
	}
	if err := tx.PutMembership(member); err != nil {
		return err
	}
	if err := tx.PutClient(client); err != nil {
		return err
	}
	if err := tx.PutSession(session); err != nil {
		return err
	}
	return tx.PutAuditEvent(event)
}
