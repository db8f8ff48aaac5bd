package storetest

import "github.com/usherauth/usher/identity/store"

// vandalize calls every method that writes and returns the errors.
func vandalize(tx store.Tx, old records) []error {
	errs := overwrite(tx, old)
	later := old.signIn.ExpireAt.AddDate(100, 0, 0)
	_, err := tx.DeleteExpired(old.signIn.ExpireAt.AddDate(0, 0, 1))
	errs = append(errs, err, tx.DeleteMembership(old.organization.ID, old.user.ID), tx.DeleteOrganization(old.organization.ID),
		tx.DeleteGrant("grant_new"), tx.DeleteInvitation(old.invitation.ID), tx.DeleteImage(old.image.ID), tx.DeleteClient(old.client.ID), tx.DeleteUser(old.user.ID),
		tx.DeleteSigningKey(old.key.Kid))
	_, err1 := tx.DeleteUnusedImages(later, 0)
	_, err2 := tx.DeleteAuditEvents(later, 0)
	return append(errs, err1, err2)
}

// overwrite changes what is indexed of each old record and adds a new one to it.
func overwrite(tx store.Tx, old records) []error {
	u, c, k, s := old.user, old.client, old.key, old.session
	u.Emails = []store.EmailAddress{{ID: "idn_changed", Normalized: "changed"}}
	u.ExternalID, u.Username = "changed", "changed"
	c.SecretHash, c.UpdatedAt, k.CreatedAt = []byte("changed"), epoch.AddDate(1, 0, 0), epoch.AddDate(1, 0, 0)
	s.ID, s.Status = "sess_new", "changed"
	in, up, o, m := old.signIn, old.signUp, old.organization, old.membership
	in.Status, up.Status, o.Slug, o.Name, m.Role = "changed", "changed", "changed", "changed", "changed"
	i, g, image, e := old.invitation, old.grant, old.image, old.event
	i.OrgID, g.SecretHash, g.UserID, image.Data, e.ID = "", []byte("changed"), "", nil, "evt_new"
	return []error{
		tx.PutUser(u), tx.PutUser(store.User{ID: "user_new", Username: "new", ExternalID: "new"}), tx.PutClient(c), tx.PutSession(s),
		tx.PutSignIn(in), tx.PutSignUp(up), tx.PutOrganization(o), tx.PutOrganization(store.Organization{ID: "org_new", Slug: "new"}),
		tx.PutMembership(m), tx.PutMembership(store.Membership{ID: "orgmem_new", OrgID: "org_new", UserID: "user_new"}),
		tx.PutInvitation(i), tx.PutInvitation(store.Invitation{ID: "inv_new", OrgID: o.ID}), tx.PutGrant(g),
		tx.PutGrant(store.Grant{ID: "grant_new", UserID: u.ID, SecretHash: []byte("new")}), tx.PutImage(image),
		tx.PutImage(store.Image{ID: "img_new", CreatedAt: epoch}), tx.PutAuditEvent(e), tx.PutSigningKey(k), tx.PutSetting(old.name, nil),
		tx.PutSetting("new", nil),
	}
}
