package identity

import (
	"strings"

	"github.com/usherauth/usher/wire"
)

// listOf is a page of all, as it is shown.
func listOf[T, S any](p page, all []T, show func(T) S) wire.List[S] {
	out := wire.List[S]{Data: []S{}, TotalCount: int64(len(all))}
	for _, v := range cut(p, all) {
		out.Data = append(out.Data, show(v))
	}
	return out
}

// cut is the part of all that a page has.
func cut[T any](p page, all []T) []T {
	from := min(p.offset, len(all))
	return all[from:min(from+p.limit, len(all))]
}

// commas is a repeated query parameter whose values may also be joined by commas: the
// reference browser client joins them.
func (c *call) commas(name string) (values []string, err error) {
	all, err := c.list(name)
	for _, v := range all {
		for part := range strings.SplitSeq(v, ",") {
			if part != "" {
				values = append(values, part)
			}
		}
	}
	return values, err
}
