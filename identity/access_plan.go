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
		kind := forUser
		if strings.HasPrefix(ownerID, prefixOrganization) {
			kind = forOrganization
		}
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
