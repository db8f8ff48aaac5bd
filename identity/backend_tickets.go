package identity

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/token"
	"github.com/usherauth/usher/wire"
)

// Lifetimes of tickets (protocol reference 7.3).
const (
	signInTokenLifetime = 30 * 24 * time.Hour
	actorTokenLifetime  = time.Hour
	actorSession        = 30 * time.Minute // of the session that an actor token opens
	longestTicket       = 365 * 24 * time.Hour
	maxActorBytes       = 256 // as every token of the session carries it
)

// createSignInToken makes a ticket that signs a person in once.
func createSignInToken(c *call) (any, error) {
	var in struct {
		UserID  string `json:"user_id"`
		OrgID   string `json:"org_id"`
		Seconds *int64 `json:"expires_in_seconds"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	lifetime, err := secondsParam("expires_in_seconds", in.Seconds, signInTokenLifetime, time.Second, longestTicket)
	if err != nil {
		return nil, err
	}
	if in.UserID == "" {
		return nil, missingParam("user_id")
	}
	return c.createTicket(ticketSignIn, in.UserID, lifetime, ticketData{OrgID: in.OrgID})
}

// createActorToken makes a ticket that signs somebody in as another person.
func createActorToken(c *call) (any, error) {
	var in struct {
		UserID   string          `json:"user_id"`
		Actor    json.RawMessage `json:"actor"`
		Seconds  *int64          `json:"expires_in_seconds"`
		Duration *int64          `json:"session_max_duration_in_seconds"`
	}
	if err := c.readJSON(&in); err != nil {
		return nil, err
	}
	lifetime, err1 := secondsParam("expires_in_seconds", in.Seconds, actorTokenLifetime, time.Second, longestTicket)
	duration, err2 := secondsParam("session_max_duration_in_seconds", in.Duration, actorSession, time.Second, longestTicket)
	actor, err3 := checkActor(in.Actor)
	if err := joinFields(err1, err2, err3); err != nil {
		return nil, err
	}
	if in.UserID == "" {
		return nil, missingParam("user_id")
	}
	return c.createTicket(ticketActor, in.UserID, lifetime, ticketData{Actor: actor, Duration: duration})
}

// checkActor accepts an object that names the actor; all of it becomes the act claim. It
// has to be one that token.Parse reads, or nobody could use the session.
func checkActor(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, missingParam("actor")
	}
	compact, err := checkMetadata("actor", string(raw))
	if err != nil {
		return nil, err
	}
	if _, err := token.ParseObject(string(compact)); err != nil {
		return nil, invalid("actor", wire.CodeParamFormatInvalid, "actor must be a JSON object without names that are there twice, lone surrogates, and deep nesting.")
	}
	if actorID(compact) == "" {
		return nil, invalid("actor", wire.CodeParamFormatInvalid, "actor must have a sub, the id of who acts.")
	}
	if claimSize(compact) > maxActorBytes {
		return nil, invalid("actor", wire.CodeParamFormatInvalid, "actor must be at most 256 octets, with six for each of < > and &.")
	}
	return compact, nil
}

// actorID is who acts, "" if the object does not say. Names are compared as verifiers
// compare them: encoding/json would take SUB for sub (RFC 7519 §4).
func actorID(actor json.RawMessage) string {
	o, _ := token.ParseObject(string(actor)) // what is no object has no sub
	sub, _ := o.String("sub")
	return sub
}

func (c *call) createTicket(kind, userID string, lifetime time.Duration, data ticketData) (any, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	secret := newClientSecret()
	g := Grant{
		ID: newID(ticketPrefix(kind)), Kind: kind, SecretHash: hashSecret(secret), UserID: userID,
		Status: wire.InvitationPending, Data: raw, ExpireAt: c.now.Add(lifetime), CreatedAt: c.now, UpdatedAt: c.now,
	}
	err = c.update(c.r.Context(), func(tx Tx) error {
		if _, err := found(tx.User(userID)); err != nil {
			return err
		}
		if data.OrgID != "" {
			if _, _, err := membershipOf(tx, data.OrgID, userID); err != nil {
				return err
			}
		}
		created := AuditEvent{Type: kind + ".created", UserID: userID, Data: detail("ticket_id", g.ID)}
		return errors.Join(tx.PutGrant(g), c.record(tx, created))
	})
	if err != nil {
		return nil, err
	}
	out := ticketJSON(g, data)
	out.Token, out.URL = secret, c.ticketURL(secret)
	return out, nil
}

func ticketPrefix(kind string) string {
	if kind == ticketActor {
		return prefixActorToken
	}
	return prefixSignInToken
}

func ticketJSON(g Grant, data ticketData) wire.Ticket {
	return wire.Ticket{
		Object: g.Kind, ID: g.ID, Status: g.Status, UserID: g.UserID, Actor: data.Actor,
		CreatedAt: millis(g.CreatedAt), UpdatedAt: millis(g.UpdatedAt),
	}
}

// revokeTicket takes back a ticket of the kind that nobody used.
func revokeTicket(kind string) endpoint {
	return func(c *call) (any, error) {
		var g Grant
		err := c.update(c.r.Context(), func(tx Tx) (err error) {
			if g, err = pathRecord(c, tx.Grant); err != nil {
				return err
			}
			if g.Kind != kind {
				return notFound()
			}
			if g.Status != wire.InvitationPending {
				name := strings.ReplaceAll(kind, "_", " ")
				return refuse(http.StatusBadRequest, kind+codeNotRevoked, "This "+name+" is "+g.Status+". Only pending ones can be revoked.")
			}
			g.Status, g.UpdatedAt = wire.InvitationRevoked, c.now
			revoked := AuditEvent{Type: kind + ".revoked", UserID: g.UserID, Data: detail("ticket_id", g.ID)}
			return errors.Join(tx.PutGrant(g), c.record(tx, revoked))
		})
		if err != nil {
			return nil, err
		}
		var data ticketData
		if err := json.Unmarshal(g.Data, &data); err != nil {
			return nil, errors.Join(errInternal, err)
		}
		return ticketJSON(g, data), nil
	}
}
