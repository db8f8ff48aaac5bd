package identity

import (
	"time"

	"github.com/usherauth/usher/wire"
)

func millis(t time.Time) int64 { return t.UnixMilli() }

// optionalMillis is null for never.
func optionalMillis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// userJSON is a user as people may see themselves: without private metadata.
func (s *Service) userJSON(u User) *wire.User {
	out := &wire.User{
		Object:                  "user",
		ID:                      u.ID,
		ExternalID:              wire.NullString(u.ExternalID),
		PrimaryEmailAddressID:   wire.NullString(u.PrimaryEmailID),
		Username:                wire.NullString(u.Username),
		FirstName:               wire.NullString(u.FirstName),
		LastName:                wire.NullString(u.LastName),
		ImageURL:                s.imageURL(u.ImageID, u.ID),
		HasImage:                u.ImageID != "",
		PublicMetadata:          metadata(u.PublicMetadata),
		UnsafeMetadata:          metadata(u.UnsafeMetadata),
		EmailAddresses:          []wire.EmailAddress{},
		PhoneNumbers:            []struct{}{},
		Web3Wallets:             []struct{}{},
		Passkeys:                []struct{}{},
		ExternalAccounts:        []struct{}{},
		SAMLAccounts:            []struct{}{},
		EnterpriseAccounts:      []struct{}{},
		OrganizationMemberships: []wire.OrganizationMembership{},
		PasswordEnabled:         u.PasswordHash != "",
		PasswordLastUpdatedAt:   optionalMillis(u.PasswordAt),
		LastSignInAt:            optionalMillis(u.LastSignInAt),
		LastActiveAt:            optionalMillis(u.LastActiveAt),
		Banned:                  u.Banned,
		Locale:                  wire.NullString(u.Locale),
		Timezone:                wire.NullString(u.Timezone),
		DeleteSelfEnabled:       !u.MayNotDelete,
		CreateOrgEnabled:        !u.MayNotCreateOrg,
		LegalAcceptedAt:         optionalMillis(u.LegalAcceptedAt),
		CreatedAt:               millis(u.CreatedAt),
		UpdatedAt:               millis(u.UpdatedAt),
	}
	for _, e := range u.Emails {
		out.EmailAddresses = append(out.EmailAddresses, emailJSON(e))
	}
	if u.MaxOrgs > 0 {
		limit := int64(u.MaxOrgs)
		out.CreateOrgsLimit = &limit
	}
	return out
}

// fullUserJSON is a user as the Backend API shows it.
func (s *Service) fullUserJSON(u User, now time.Time) *wire.User {
	out := s.userJSON(u)
	out.PrivateMetadata = metadata(u.PrivateMetadata)
	remaining := int64(failuresPerLock - u.FailedAttempts%failuresPerLock)
	out.AttemptsRemaining = &remaining
	if left := lockLeft(u, now); left > 0 {
		seconds := int64(left / time.Second)
		out.Locked, out.LockoutExpiresInSeconds = true, &seconds
	}
	return out
}

func emailJSON(e EmailAddress) wire.EmailAddress {
	status := "unverified"
	if e.Verified {
		status = "verified"
	}
	return wire.EmailAddress{
		Object:       "email_address",
		ID:           e.ID,
		EmailAddress: e.Address,
		Verification: &wire.Verification{Object: "verification_otp", Status: status, Strategy: "email_code"},
		LinkedTo:     []struct{}{},
		CreatedAt:    millis(e.CreatedAt),
		UpdatedAt:    millis(e.UpdatedAt),
	}
}

func (s *Service) publicUserJSON(u User) *wire.PublicUserData {
	out := &wire.PublicUserData{
		FirstName: wire.NullString(u.FirstName),
		LastName:  wire.NullString(u.LastName),
		ImageURL:  s.imageURL(u.ImageID, u.ID),
		HasImage:  u.ImageID != "",
		UserID:    u.ID,
	}
	for _, e := range u.Emails {
		if e.ID == u.PrimaryEmailID {
			out.Identifier = e.Address
		}
	}
	return out
}

// sessionJSON has what both APIs show of a session.
func sessionJSON(s Session, now time.Time) wire.Session {
	return wire.Session{
		Object:                   "session",
		ID:                       s.ID,
		Status:                   sessionStatus(s, now),
		ExpireAt:                 millis(s.ExpireAt),
		AbandonAt:                millis(s.AbandonAt),
		LastActiveAt:             millis(s.LastActiveAt),
		LastActiveOrganizationID: wire.NullString(s.ActiveOrgID),
		Actor:                    s.Actor,
		CreatedAt:                millis(s.CreatedAt),
		UpdatedAt:                millis(s.UpdatedAt),
	}
}

// frontendSession adds the person and, to a live session, a fresh token.
func (c *call) frontendSession(s Session, u User) (*wire.Session, error) {
	out := sessionJSON(s, c.now)
	out.User = c.userJSON(u)
	out.PublicUserData = c.publicUserJSON(u)
	out.FactorVerificationAge = factorAges(s, c.now)
	if !isLive(s, c.now) {
		return &out, nil
	}
	jwt, err := c.mint(s, u, c.cfg.TokenLifetime)
	out.LastActiveToken = tokenJSON(jwt)
	return &out, err
}

// backendSession names the client and the user instead, and says where it was used.
func backendSession(s Session, now time.Time) wire.Session {
	out := sessionJSON(s, now)
	out.ClientID, out.UserID = s.ClientID, s.UserID
	out.LatestActivity = sessionActivity(s)
	return out
}

// clientJSON is the browser's client with the people in it and their organizations.
func (c *call) clientJSON(b *browser) (*wire.Client, error) {
	out, err := c.bareClient(b)
	if err != nil {
		return nil, err
	}
	return out, c.addMemberships(peopleIn(out, nil)...)
}

// peopleIn are the users that an answer shows in full.
func peopleIn(client *wire.Client, resource any) (users []*wire.User) {
	for _, s := range client.Sessions {
		users = append(users, s.User)
	}
	switch r := resource.(type) {
	case *wire.User:
		users = append(users, r)
	case *wire.Session:
		users = append(users, r.User)
	case *wire.SessionVerification:
		users = append(users, r.Session.User)
	}
	return users
}

// bareClient leaves out what people are members of.
func (c *call) bareClient(b *browser) (*wire.Client, error) {
	out := &wire.Client{
		Object:    "client",
		ID:        b.client.ID,
		Sessions:  []wire.Session{},
		SignIn:    c.signInJSON(b.signIn, b),
		SignUp:    c.signUpJSON(b.signUp, b),
		CreatedAt: millis(b.client.CreatedAt),
		UpdatedAt: millis(b.client.UpdatedAt),

		LastAuthenticationStrategy: wire.NullString(b.client.LastStrategy),
	}
	for _, s := range b.sessions {
		session, err := c.frontendSession(s, b.users[s.UserID])
		if err != nil {
			return nil, err
		}
		out.Sessions = append(out.Sessions, *session)
	}
	if s, ok := b.session(""); ok {
		out.LastActiveSessionID = wire.NullString(s.ID)
	}
	return out, nil
}

// signInJSON shows an attempt of b.
func (c *call) signInJSON(a *SignIn, b *browser) *wire.SignIn {
	if a == nil {
		return nil
	}
	out := &wire.SignIn{
		Object:               "sign_in_attempt",
		ID:                   a.ID,
		Status:               a.Status,
		Identifier:           wire.NullString(a.Identifier),
		SupportedIdentifiers: []string{"email_address"},
		CreatedSessionID:     wire.NullString(a.CreatedSessionID),
		AbandonAt:            millis(a.ExpireAt),
	}
	switch a.Status {
	case wire.StatusNeedsFirstFactor:
		out.SupportedFirstFactors = c.firstFactors(a)
		out.FirstFactorVerification = verificationOf(b.code, c.now)
	case wire.StatusNeedsNewPassword:
		out.FirstFactorVerification = verified(wire.StrategyResetPasswordCode)
	}
	return out
}

// signUpJSON shows an attempt of b.
func (c *call) signUpJSON(a *SignUp, b *browser) *wire.SignUp {
	if a == nil {
		return nil
	}
	return &wire.SignUp{
		Object:           "sign_up_attempt",
		ID:               a.ID,
		Status:           a.Status,
		RequiredFields:   []string{"email_address", "password"},
		OptionalFields:   []string{"first_name", "last_name"},
		MissingFields:    signUpMissing(*a),
		UnverifiedFields: c.unproven(a),
		Verifications:    c.signUpVerifications(a, b),
		EmailAddress:     wire.NullString(a.EmailAddress),
		FirstName:        wire.NullString(a.FirstName),
		LastName:         wire.NullString(a.LastName),
		Locale:           wire.NullString(a.Locale),
		Timezone:         wire.NullString(a.Timezone),
		PasswordEnabled:  a.PasswordHash != "",
		HasPassword:      a.PasswordHash != "",
		UnsafeMetadata:   metadata(a.UnsafeMetadata),
		PublicMetadata:   metadata(nil),
		CreatedSessionID: wire.NullString(a.CreatedSessionID),
		CreatedUserID:    wire.NullString(a.CreatedUserID),
		AbandonAt:        millis(a.ExpireAt),
	}
}

// signUpVerifications says what is to be proven and which step is next.
func (c *call) signUpVerifications(a *SignUp, b *browser) map[string]*wire.Verification {
	all := map[string]*wire.Verification{"email_address": nil, "phone_number": nil, "web3_wallet": nil, "external_account": nil}
	if a.EmailAddress == "" || !c.cfg.VerifyEmailAtSignUp {
		return all
	}
	v := &wire.Verification{Status: "unverified", NextAction: "needs_prepare"}
	switch {
	case !a.VerifiedAt.IsZero():
		v = verified(wire.StrategyEmailCode)
	case b.proof != nil && codeDataOf(*b.proof).Address == signUpAddress(*a):
		v = verificationOf(b.proof, c.now)
		if v.NextAction = "needs_attempt"; v.Status != "unverified" {
			v.NextAction = "needs_prepare"
		}
	}
	v.SupportedStrategies = []string{wire.StrategyEmailCode}
	all["email_address"] = v
	return all
}
