package memstore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// where returns the records that match, in no order.
func where[V any](m map[string]V, match func(V) bool) []V {
	var found []V
	for _, v := range m {
		if match(v) {
			found = append(found, v)
		}
	}
	return found
}

// pick is where among the records with one of the ids; without ids it is among all.
func pick[V any](m map[string]V, ids []string, match func(V) bool) []V {
	if len(ids) == 0 {
		return where(m, match)
	}
	var found []V
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if v, ok := m[id]; ok && !seen[id] && match(v) {
			found = append(found, v)
		}
		seen[id] = true
	}
	return found
}

// among reports whether a filter lets v through, which an empty one does.
func among(filter []string, v string) bool { return len(filter) == 0 || slices.Contains(filter, v) }

// contains reports whether needle, in lower case, is a part of one of the values.
func contains(needle string, values ...string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(strings.ToLower(v), needle) })
}

// direction returns the comparison for an OrderBy value, "" being the newest first,
// without its tie-break by id.
func direction[V any](by string, orders map[string]func(a, b V) int) (func(a, b V) int, error) {
	by = cmp.Or(by, "-created_at")
	order, ok := orders[by[1:]]
	switch {
	case ok && by[0] == '+':
		return order, nil
	case ok && by[0] == '-':
		return reversed(order), nil
	}
	return nil, fmt.Errorf("memstore: unknown order %q", by)
}

func reversed[V any](order func(a, b V) int) func(a, b V) int {
	return func(a, b V) int { return order(b, a) }
}

func byTime[V any](of func(V) time.Time) func(a, b V) int {
	return func(a, b V) int { return of(a).Compare(of(b)) }
}

// byText compares octets, as SQL does without a collation.
func byText[V any](of func(V) string) func(a, b V) int {
	return func(a, b V) int { return strings.Compare(of(a), of(b)) }
}

// sorted sorts in place, ties by id.
func sorted[V any](all []V, order func(a, b V) int, id func(V) string) []V {
	slices.SortFunc(all, func(a, b V) int { return cmp.Or(order(a, b), strings.Compare(id(a), id(b))) })
	return all
}

func page[E any](all []E, limit, offset int) []E {
	all = all[min(max(offset, 0), len(all)):]
	if limit > 0 && limit < len(all) {
		all = all[:limit]
	}
	return all
}

// copies clones each record in place, for the caller to keep.
func copies[V any](all []V, clone func(V) V) []V {
	for i := range all {
		all[i] = clone(all[i])
	}
	return all
}
