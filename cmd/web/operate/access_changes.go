package operate

import (
	"slices"
	"strings"

	"github.com/usherauth/usher/identity"
)

// accessChange is one difference between what is configured and what a file wants.
type accessChange struct {
	done string // what to say when it was made
	lost string // what it takes away, after "would"; "" if nothing
}

type accessChanges []accessChange

// lost is what the changes take away.
func (l accessChanges) lost() (all []string) {
	for _, c := range l {
		if c.lost != "" {
			all = append(all, c.lost)
		}
	}
	return all
}

// accessPart is a role, permission, feature or plan in the terms in which they are compared.
type accessPart struct {
	key   string
	label []string // changes nothing for anybody
	whom  string   // a plan is for
	has   []string // permissions of a role, features of a plan
}

// compareAccess lists what would become different, in the order of the file's lists.
func compareAccess(before, after identity.Access) (all accessChanges) {
	item := func(i identity.AccessItem) accessPart {
		return accessPart{key: i.Key, label: []string{i.Name, i.Description}}
	}
	role := func(r identity.AccessRole) accessPart {
		return accessPart{key: r.Key, label: []string{r.Name, r.Description}, has: r.Permissions}
	}
	plan := func(p identity.AccessPlan) accessPart {
		return accessPart{key: p.Key, label: []string{p.Name}, whom: p.For, has: p.Features}
	}
	return slices.Concat(
		compareMeters(before, after),
		compareParts("role", parts(before.Roles, role), parts(after.Roles, role)),
		compareParts("permission", parts(before.Permissions, item), parts(after.Permissions, item)),
		compareParts("feature", parts(before.Features, item), parts(after.Features, item)),
		compareParts("plan", parts(before.Plans, plan), parts(after.Plans, plan)),
	)
}

// compareMeters tells when the first plan for organizations comes, which takes permissions
// from every organization, or the last one goes.
func compareMeters(before, after identity.Access) accessChanges {
	metered := func(doc identity.Access) bool {
		return slices.ContainsFunc(doc.Plans, func(p identity.AccessPlan) bool { return p.For == "organization" })
	}
	switch was, is := metered(before), metered(after); {
	case is && !was && len(before.Permissions) > 0:
		return accessChanges{{
			"permissions of your own count only in organizations whose plan has their feature",
			"let permissions of your own count only in organizations whose plan has their feature",
		}}
	case was && !is && len(after.Permissions) > 0:
		return accessChanges{{done: "permissions of your own count in every organization"}}
	}
	return nil
}

func parts[T any](list []T, part func(T) accessPart) (all []accessPart) {
	for _, v := range list {
		all = append(all, part(v))
	}
	return all
}

func compareParts(kind string, before, after []accessPart) (all accessChanges) {
	find := func(in []accessPart, key string) int {
		return slices.IndexFunc(in, func(p accessPart) bool { return p.key == key })
	}
	for _, p := range after {
		if i := find(before, p.key); i < 0 {
			all = append(all, accessChange{done: kind + " " + p.key + " created"})
		} else {
			all = append(all, p.changesFrom(before[i], kind+" "+p.key)...)
		}
	}
	for _, p := range before {
		if find(after, p.key) < 0 {
			lost := "delete the " + kind + " " + p.key
			if kind == "plan" {
				lost += ", also for whoever has it"
			}
			all = append(all, accessChange{kind + " " + p.key + " deleted", lost})
		}
	}
	return all
}

// changesFrom compares a part with what it was.
func (p accessPart) changesFrom(old accessPart, name string) (all accessChanges) {
	if got := without(p.has, old.has); len(got) > 0 {
		all = append(all, accessChange{done: name + " got " + strings.Join(got, ", ")})
	}
	if gone := without(old.has, p.has); len(gone) > 0 {
		list := strings.Join(gone, ", ")
		all = append(all, accessChange{name + " lost " + list, "take " + list + " from the " + name})
	}
	if p.whom != old.whom {
		all = append(all, accessChange{name + " is for " + p.whom + " now", "take the " + name + " from every " + old.whom + " that has it"})
	}
	if !slices.Equal(p.label, old.label) {
		all = append(all, accessChange{done: name + " renamed or described anew"})
	}
	return all
}

// without is what a has and b has not.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(v string) bool { return slices.Contains(b, v) })
}
