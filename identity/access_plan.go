package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// AssignPlan gives an organization or a user, by id, the billing plan with that key; "" takes
// the present one away. ErrNotFound means that there is no such organization or user.
// Tokens follow at their next renewal.
func (s *Service) AssignPlan(ctx context.Context, ownerID, plan string) error {
	err := s.cfg.Store.Update(ctx, func(tx Tx) error {
		rules, err := s.access(tx)
		if err != nil {
			return err
		}
		kind := ownerKind(ownerID)
		if _, ok := rules.plan(plan, kind); plan != "" && !ok {
			return fmt.Errorf("there is no plan %q for this kind of owner (%s)", plan, kind)
		}
		e := AuditEvent{ID: newID(prefixAuditEvent), Type: "plan.assigned", Data: detail("plan", plan), At: s.now()}
		if kind == forOrganization {
			e.OrgID = ownerID
			return errors.Join(assignOrganizationPlan(tx, ownerID, plan, e.At), tx.PutAuditEvent(e))
		}
		e.UserID = ownerID
		return errors.Join(assignUserPlan(tx, ownerID, plan, e.At), tx.PutAuditEvent(e))
	})
	if err != nil {
		return fmt.Errorf("identity: assign plan: %w", err)
	}
	s.log.InfoContext(ctx, "plan assigned", "owner_id", ownerID, "plan", plan)
	return nil
}

// Plan returns the key of the billing plan that an organization or a user has, by id; "" is
// none, and so is a plan that was deleted since it was assigned. ErrNotFound means that there
// is no such organization or user.
func (s *Service) Plan(ctx context.Context, ownerID string) (string, error) {
	var plan string
	err := s.cfg.Store.View(ctx, func(tx Tx) error {
		rules, err := s.access(tx)
		if err != nil {
			return err
		}
		assigned, kind := "", ownerKind(ownerID)
		if kind == forOrganization {
			org, err := tx.Organization(ownerID)
			if err != nil {
				return err
			}
			assigned = org.Plan
		} else {
			user, err := tx.User(ownerID)
			if err != nil {
				return err
			}
			assigned = user.Plan
		}
		p, _ := rules.plan(assigned, kind)
		plan = p.Key
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("identity: read plan: %w", err)
	}
	return plan, nil
}

// ownerKind is whom a plan of the owner with that id is for.
func ownerKind(id string) string {
	if strings.HasPrefix(id, prefixOrganization) {
		return forOrganization
	}
	return forUser
}

func assignOrganizationPlan(tx Tx, id, plan string, now time.Time) error {
	org, err := tx.Organization(id)
	if err != nil {
		return err
	}
	org.Plan, org.UpdatedAt = plan, now
	return tx.PutOrganization(org)
}

func assignUserPlan(tx Tx, id, plan string, now time.Time) error {
	user, err := tx.User(id)
	if err != nil {
		return err
	}
	user.Plan, user.UpdatedAt = plan, now
	return tx.PutUser(user)
}
