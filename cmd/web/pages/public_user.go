package pages

import (
	"encoding/json"

	"github.com/usherauth/usher/wire"
)

// publicUser is what the APIs say of a user: an allow-list of the user resource, in its
// own spelling. Private and unsafe metadata, credentials' state and lock-outs are not in
// it.
type publicUser struct {
	Object                string          `json:"object"`
	ID                    string          `json:"id"`
	Username              wire.NullString `json:"username"`
	FirstName             wire.NullString `json:"first_name"`
	LastName              wire.NullString `json:"last_name"`
	ImageURL              string          `json:"image_url"`
	HasImage              bool            `json:"has_image"`
	PrimaryEmailAddressID wire.NullString `json:"primary_email_address_id"`
	EmailAddresses        []publicEmail   `json:"email_addresses"`
	PublicMetadata        json.RawMessage `json:"public_metadata"`
	LastSignInAt          *int64          `json:"last_sign_in_at"`
	CreatedAt             int64           `json:"created_at"`
	UpdatedAt             int64           `json:"updated_at"`
}

type publicEmail struct {
	Object       string `json:"object"`
	ID           string `json:"id"`
	EmailAddress string `json:"email_address"`
}

func newPublicUser(u *wire.User) publicUser {
	p := publicUser{
		Object: u.Object, ID: u.ID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName,
		ImageURL: u.ImageURL, HasImage: u.HasImage, PrimaryEmailAddressID: u.PrimaryEmailAddressID,
		EmailAddresses: make([]publicEmail, len(u.EmailAddresses)), PublicMetadata: u.PublicMetadata,
		LastSignInAt: u.LastSignInAt, CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt,
	}
	for i, e := range u.EmailAddresses {
		p.EmailAddresses[i] = publicEmail{e.Object, e.ID, e.EmailAddress}
	}
	if !json.Valid(p.PublicMetadata) {
		p.PublicMetadata = json.RawMessage(`{}`)
	}
	return p
}
