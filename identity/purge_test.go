package identity_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherauth/usher/identity"
	"github.com/usherauth/usher/wire"
)

func (a *app) update(fn func(identity.Tx) error) {
	a.t.Helper()
	if err := a.store.Update(a.t.Context(), fn); err != nil {
		a.t.Fatal(err)
	}
}

// there reports whether a record is in the store.
func there[R any](a *app, get func(identity.Tx, string) (R, error), id string) bool {
	a.t.Helper()
	err := a.store.View(a.t.Context(), func(tx identity.Tx) error { _, err := get(tx, id); return err })
	if err != nil && !errors.Is(err, identity.ErrNotFound) {
		a.t.Fatal(err)
	}
	return err == nil
}

// L16: images of which nobody knows any more go, in as many steps as it takes; those that
// are shown, and those that were put a moment ago, stay.
func TestL16_ImagesThatNobodyShowsArePurged(t *testing.T) {
	t.Parallel()
	a := newApp(t)
	a.update(func(tx identity.Tx) error {
		errs := []error{
			tx.PutUser(identity.User{ID: "user_1", ImageID: "img_user"}),
			tx.PutOrganization(identity.Organization{ID: "org_1", ImageID: "img_org"}),
			tx.PutImage(identity.Image{ID: "img_user", CreatedAt: a.clock.Now()}),
			tx.PutImage(identity.Image{ID: "img_org", CreatedAt: a.clock.Now()}),
		}
		for i := range 1200 {
			errs = append(errs, tx.PutImage(identity.Image{ID: fmt.Sprint("img_", i), CreatedAt: a.clock.Now()}))
		}
		return errors.Join(errs...)
	})
	a.clock.Add(23 * time.Hour)
	a.Purge()
	if !there(a, identity.Tx.Image, "img_0") {
		t.Error("an image is gone before a day has passed")
	}
	a.clock.Add(time.Hour + time.Second)
	a.Purge()
	for i := range 1200 {
		if there(a, identity.Tx.Image, fmt.Sprint("img_", i)) {
			t.Fatalf("image %d of 1200 is still there", i)
		}
	}
	for _, id := range []string{"img_user", "img_org"} {
		if !there(a, identity.Tx.Image, id) {
			t.Errorf("%s is gone, which is shown", id)
		}
	}
}

// L16: the audit log does not grow for ever, unless it is told to.
func TestL16_OldAuditEventsArePurged(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		retention time.Duration
		stay      int // of one event a day over 500 days
	}{
		"by default 400 days":  {0, 401},
		"as long as is wanted": {30 * 24 * time.Hour, 31},
		"for ever":             {-1, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, func(c *identity.Config) { c.AuditRetention = tt.retention })
			a.update(func(tx identity.Tx) (err error) {
				for day := range 500 {
					err = errors.Join(err, tx.PutAuditEvent(identity.AuditEvent{ID: fmt.Sprint("aud_", day), At: a.clock.Now().AddDate(0, 0, -day)}))
				}
				return err
			})
			a.Purge()
			if n := len(a.events(identity.AuditQuery{})); n != tt.stay {
				t.Errorf("%d events are left, want %d", n, tt.stay)
			}
		})
	}
}

// V09: nothing personal of a deleted user is in the store, whoever deleted it: records are
// searched for every text that was theirs. Events keep ids, and attempts end within 26 hours.
func TestV09_DeletedUserLeavesIDsOnly(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(a *app, v *visitor, id string) answer{
		"by an operator": func(a *app, _ *visitor, id string) answer { return a.backend("DELETE", "/v1/users/"+id, "") },
		"by themselves":  func(_ *app, v *visitor, _ string) answer { return v.post("/v1/me?_method=DELETE") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t)
			v := a.visitor()
			v.remote = "198.51.100.7:4000"
			v.header.Set("User-Agent", "Adas Browser/1.0")
			v.signUp("ada@example.com")
			id := v.client().Sessions[0].User.ID
			begun := a.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com")
			begun.want(t, 200, "")
			attempt := decode[wire.Response[wire.SignIn]](t, begun.body).Response.ID
			a.giveAdaPicturesAndInvitations(id)
			remove(a, v, id).want(t, 200, "")
			a.wantIDsOnly(id)
			a.clock.Add(26 * time.Hour)
			a.Purge()
			if there(a, identity.Tx.SignIn, attempt) {
				t.Error("the address is still in an attempt to sign in")
			}
		})
	}
}

func (a *app) giveAdaPicturesAndInvitations(id string) {
	a.t.Helper()
	a.update(func(tx identity.Tx) error {
		u, err := tx.User(id)
		u.ImageID = "img_ada"
		invited := identity.Invitation{ID: "inv_1", Address: "Ada@example.com", Normalized: "ada@example.com", Status: "pending"}
		other := identity.Invitation{ID: "inv_2", Address: "bob@example.com", Normalized: "bob@example.com", Status: "pending"}
		return errors.Join(err, tx.PutImage(identity.Image{ID: "img_ada"}), tx.PutUser(u), tx.PutInvitation(invited), tx.PutInvitation(other))
	})
}

func (a *app) wantIDsOnly(id string) {
	a.t.Helper()
	var text string
	err := a.store.View(a.t.Context(), func(tx identity.Tx) error {
		users, err1 := tx.Users(identity.UserQuery{})
		sessions, err2 := tx.Sessions(identity.SessionQuery{})
		events, err3 := tx.AuditEvents(identity.AuditQuery{})
		invitations, err4 := tx.Invitations(identity.InvitationQuery{})
		text = strings.ToLower(fmt.Sprintf("%+v", []any{users, sessions, events, invitations}))
		return errors.Join(err1, err2, err3, err4)
	})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, theirs := range []string{"ada@example.com", "lovelace", "198.51.100.7", "adas browser", "img_ada"} {
		if strings.Contains(text, theirs) {
			a.t.Errorf("the store still knows %q", theirs)
		}
	}
	if there(a, identity.Tx.Image, "img_ada") {
		a.t.Error("the image is still there")
	}
	if !strings.Contains(text, "bob@example.com") {
		a.t.Error("the invitation of somebody else is gone")
	}
	if got := a.events(identity.AuditQuery{UserID: id}); !slices.Contains(got, "user.created") || !slices.Contains(got, "user.deleted") {
		a.t.Errorf("events of the deleted user: %v", got)
	}
}

// V09: of a sign-in that was refused while its account was deleted, nothing is written after
// the deletion.
func TestV09_NothingIsWrittenAfterTheDeletion(t *testing.T) {
	t.Parallel()
	for given, banned := range map[string]bool{"not the password": false, password: true} {
		var hook *hookStore
		app := newApp(t, func(c *identity.Config) { hook = &hookStore{Store: c.Store}; c.Store = hook })
		id, updates := app.person(t, "ada@example.com").ID, 2 // the try is counted, and refused
		if banned {
			app.backend("POST", "/v1/users/"+id+"/ban", "").want(t, 200, "")
			updates = 3 // and the account is looked at in between
		}
		hook.between(updates, func() { app.backend("DELETE", "/v1/users/"+id, "").want(t, 200, "") })
		app.visitor().post("/v1/client/sign_ins", "identifier", "ada@example.com", "password", given)
		all := app.logged(identity.AuditQuery{UserID: id})
		if len(all) == 0 || all[0].Type != "user.deleted" {
			t.Errorf("banned %v: events %+v, want user.deleted last", banned, all)
		}
		for _, e := range all {
			if e.IPAddress != "" || e.UserAgent != "" {
				t.Errorf("banned %v: %s has a place", banned, e.Type)
			}
		}
	}
}
