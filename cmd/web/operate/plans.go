package operate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/usherauth/usher/identity"
)

var planCommands = []*command{
	{
		group: "plans", verb: "assign", args: "PLAN", plain: true, help: "give a billing plan to users or organizations, in place of the one that they have",
		more: "\nweb access show lists the plans and whom they are for. Tokens follow within a minute.", setup: assignPlan,
	},
	{
		group: "plans", verb: "withdraw", plain: true, help: "take the billing plan that users or organizations have away", setup: withdrawPlan,
		more: "\nTokens follow within a minute.",
	},
}

// owners are the flags that say whose plan is meant.
type owners struct{ users, orgs texts }

func (w *owners) flags(o *options) {
	o.Var(&w.users, "user", "`user`: an id, an address or a user name; more than once for several")
	o.Var(&w.orgs, "org", "`organization`: an id or a slug; more than once for several")
}

// each calls f with every owner's id. What fails for one does not keep the others.
func (w *owners) each(ctx context.Context, t *task, c *command, f func(id string) error) error {
	if len(w.users)+len(w.orgs) == 0 {
		return usagef(c, "name users with -user, or organizations with -org")
	}
	var errs []error
	for _, who := range w.users {
		_, u, err := t.user(ctx, who)
		if err == nil {
			err = f(u.ID)
		}
		errs = append(errs, err)
	}
	for _, which := range w.orgs {
		_, org, err := t.org(ctx, which)
		if err == nil {
			err = f(org.ID)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func assignPlan(o *options) action {
	var whom owners
	whom.flags(o)
	o.wants(1, 1)
	return func(ctx context.Context, t *task) error {
		service, err := t.embedded("plans assign")
		if err != nil {
			return err
		}
		doc, err := service.Access(ctx)
		if err != nil {
			return err
		}
		plan := t.args[0]
		if len(whom.users) > 0 {
			err = planFor(doc, plan, "user")
		}
		if len(whom.orgs) > 0 {
			err = errors.Join(err, planFor(doc, plan, "organization"))
		}
		if err != nil {
			return err
		}
		return whom.each(ctx, t, o.command, func(id string) error {
			if err := service.AssignPlan(ctx, id, plan); err != nil {
				return err
			}
			return t.say("%s has the plan %s", id, plan)
		})
	}
}

// planFor reports a plan that this kind of owner cannot have, and which there are.
func planFor(doc identity.Access, plan, kind string) error {
	var keys []string
	for _, p := range doc.Plans {
		if p.For == kind && p.Key == plan {
			return nil
		}
		if p.For == kind {
			keys = append(keys, p.Key)
		}
	}
	if len(keys) == 0 {
		return fmt.Errorf("there are no plans for %ss: web access import makes some", kind)
	}
	return fmt.Errorf("there is no plan %q for %ss, only %s (web access show has them all)", clean(plan), kind, strings.Join(keys, ", "))
}

func withdrawPlan(o *options) action {
	var whom owners
	whom.flags(o)
	o.wants(0, 0)
	return func(ctx context.Context, t *task) error {
		service, err := t.embedded("plans withdraw")
		if err != nil {
			return err
		}
		return whom.each(ctx, t, o.command, func(id string) error {
			plan, err := service.Plan(ctx, id)
			if err != nil {
				return err
			}
			if plan == "" {
				return t.say("%s has no plan", id)
			}
			if err := service.AssignPlan(ctx, id, ""); err != nil {
				return err
			}
			return t.say("%s no longer has the plan %s", id, plan)
		})
	}
}

// plan is what a user or organization has, for a sheet; a hosted instance does not say.
func (s sheet) plan(ctx context.Context, t *task, ownerID string) error {
	if t.service == nil {
		return nil
	}
	key, err := t.service.Plan(ctx, ownerID)
	if err == nil {
		s.set("Plan", key)
	}
	return err
}
