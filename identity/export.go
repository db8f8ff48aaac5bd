package identity

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// ExportOptions say what an export holds. The zero value is usable.
type ExportOptions struct {
	// Keys adds the instance itself: its id, secret key and signing keys. Whoever has
	// such a file is the instance.
	Keys bool

	// Progress is told now and then how many records were written; nil is nobody.
	Progress func(records int64)
}

// exportPage is how many records are in memory at a time.
const exportPage = 500

// Export writes the instance to w as JSON Lines, as it is at one moment: the rules of
// access, organizations and users with their pictures, memberships and invitations, one
// record a line behind a first line with the version. Password hashes are in it. Sessions,
// attempts, tickets and the audit log are not: they are of no use to another instance.
// Records come in an order in which [Service.Import] can take them. After an error what
// was written is incomplete. The audit log records the export; when the store cannot be
// written, as on a full disk, that is logged at Warn and the export succeeds.
func (s *Service) Export(ctx context.Context, w io.Writer, o ExportOptions) error {
	out := bufio.NewWriterSize(w, 64<<10)
	e := &exporter{service: s, encoder: json.NewEncoder(out), options: o}
	e.encoder.SetEscapeHTML(false)
	err := s.cfg.Store.View(ctx, e.all)
	e.progress()
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("identity: export: %w", err)
	}
	err = s.cfg.Store.Update(ctx, func(tx Tx) error {
		return s.note(tx, "instance.exported", "records", strconv.FormatInt(e.records, 10), "keys", strconv.FormatBool(o.Keys))
	})
	if err != nil {
		s.log.WarnContext(ctx, "the export is complete, but the audit log has no record of it, because the store cannot be written", "records", e.records, "keys", o.Keys, "err", err)
	}
	return nil
}

// exporter writes an export.
type exporter struct {
	service *Service
	encoder *json.Encoder
	options ExportOptions
	records int64
}

func (e *exporter) all(tx Tx) error {
	s := e.service
	if err := e.encoder.Encode(exportHeader{exportVersion, s.instance.id, s.now()}); err != nil {
		return err
	}
	parts := []func(Tx) error{e.access, e.organizations, e.users, e.invitations}
	if e.options.Keys {
		parts = append([]func(Tx) error{e.instance}, parts...)
	}
	for _, part := range parts {
		if err := part(tx); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporter) write(line exportLine) error {
	e.records++
	return e.encoder.Encode(line)
}

func (e *exporter) progress() {
	if e.options.Progress != nil {
		e.options.Progress(e.records)
	}
}

func (e *exporter) instance(tx Tx) error {
	raw, err := tx.Setting(settingInstance)
	if err != nil {
		return err
	}
	var line instanceLine
	if err := json.Unmarshal(raw, &line.storedInstance); err != nil {
		return errors.New("the stored instance setting is damaged")
	}
	keys, err := tx.SigningKeys()
	if err != nil {
		return err
	}
	for _, k := range keys {
		line.SigningKeys = append(line.SigningKeys, keyLine(k))
	}
	return e.write(exportLine{Instance: &line})
}

func (e *exporter) access(tx Tx) error {
	raw, err := tx.Setting(settingAccess)
	if errors.Is(err, ErrNotFound) {
		return nil // those that every instance has
	}
	if err != nil {
		return err
	}
	return e.write(exportLine{Access: raw})
}

// organizations come before users, whose memberships refer to both.
func (e *exporter) organizations(tx Tx) error {
	return pages(func(offset int) (int, error) {
		list, err := tx.Organizations(OrganizationQuery{OrderBy: "+created_at", Limit: exportPage, Offset: offset})
		if err != nil {
			return 0, err
		}
		for _, org := range list {
			img, err := imageOf(tx, org.ImageID)
			if err != nil {
				return 0, err
			}
			org.PublicMetadata, org.PrivateMetadata = exported(org.PublicMetadata), exported(org.PrivateMetadata)
			if err := e.write(exportLine{Organization: &orgLine{orgFields(org), (*imageLine)(img)}}); err != nil {
				return 0, err
			}
		}
		e.progress()
		return len(list), nil
	})
}

func imageOf(tx Tx, id string) (*Image, error) {
	if id == "" {
		return nil, nil
	}
	img, err := tx.Image(id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil // a record that outlived its picture has none
	}
	return &img, err
}

// users come with their memberships, a page of them at a time.
func (e *exporter) users(tx Tx) error {
	q := UserQuery{OrderBy: "+created_at", Limit: exportPage}
	for {
		list, err := tx.Users(q)
		if err != nil || len(list) == 0 {
			return err
		}
		var ids []string
		for _, u := range list {
			img, err := imageOf(tx, u.ImageID)
			if err != nil {
				return err
			}
			if err := e.write(exportLine{User: lineOf(u, img)}); err != nil {
				return err
			}
			ids = append(ids, u.ID)
		}
		if err := e.memberships(tx, ids); err != nil {
			return err
		}
		e.progress()
		q.After = ids[len(ids)-1]
	}
}

func (e *exporter) memberships(tx Tx, users []string) error {
	list, err := tx.Memberships(MembershipQuery{UserIDs: users, OrderBy: "+created_at"})
	for _, m := range list {
		m.PublicMetadata, m.PrivateMetadata = exported(m.PublicMetadata), exported(m.PrivateMetadata)
		line := membershipLine(m)
		if err := e.write(exportLine{Membership: &line}); err != nil {
			return err
		}
	}
	return err
}

func (e *exporter) invitations(tx Tx) error {
	return pages(func(offset int) (int, error) {
		list, err := tx.Invitations(InvitationQuery{Limit: exportPage, Offset: offset})
		for _, i := range list {
			i.PublicMetadata, i.PrivateMetadata = exported(i.PublicMetadata), exported(i.PrivateMetadata)
			line := invitationLine(i)
			if err := e.write(exportLine{Invitation: &line}); err != nil {
				return 0, err
			}
		}
		e.progress()
		return len(list), err
	})
}

// pages calls page with growing offsets until it finds less than a whole page.
func pages(page func(offset int) (int, error)) error {
	for offset := 0; ; offset += exportPage {
		n, err := page(offset)
		if err != nil || n < exportPage {
			return err
		}
	}
}
