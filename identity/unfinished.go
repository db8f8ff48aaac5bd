package identity

import (
	"context"

	"github.com/usherauth/usher/wire"
)

// What strangers begin and do not finish is stored for an hour at most, and the oldest is
// dropped when there is more of it than [Limits].Unfinished: sign-ins, sign-ups, codes,
// counts of mails, and clients in which nobody is signed in.

// maxSignUpMetadata bounds the metadata of a sign-up, which anybody can begin. The person
// can store more of it once the account exists.
const maxSignUpMetadata = 1 << 10

// unownedGrants are the kinds of grants that strangers can cause.
var unownedGrants = []string{grantCode, grantCodeSent}

// slack is how many things may be begun between two looks at how many there are. As many
// fewer than allowed are kept, so that the bound holds in between.
func (l Limits) slack() int64 { return int64(max(1, l.Unfinished/16)) }

// bounded counts what an endpoint begins, and drops the oldest every now and then.
func bounded(next endpoint) endpoint {
	return func(c *call) (any, error) {
		answer, err := next(c)
		if l := c.cfg.Limits; l.Unfinished >= 0 && c.begun.Add(1)%l.slack() == 0 {
			c.purgeKind(context.WithoutCancel(c.r.Context()), "unfinished", func(tx Tx) (int64, bool, error) {
				n, err := c.deleteUnfinished(tx)
				return n, false, err
			})
		}
		return answer, err
	}
}

// deleteUnfinished deletes what has expired, and the oldest beyond the limit.
func (s *Service) deleteUnfinished(tx Tx) (int64, error) {
	l := s.cfg.Limits
	keep := int(max(0, int64(l.Unfinished)-l.slack()))
	if l.Unfinished < 0 {
		keep = 1<<31 - 1
	}
	return tx.DeleteUnfinished(s.now(), keep, unownedGrants...)
}

// countUnfinished counts sign-ins, sign-ups, codes and clients that nobody finished or signed
// in with; hosted instances have no such endpoint.
func countUnfinished(c *call) (any, error) {
	out := wire.TotalCount{Object: "total_count"}
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		out.TotalCount, err = tx.CountUnfinished(unownedGrants...)
		return err
	})
	return out, err
}

// checkSignUpMetadata bounds what an attempt takes beyond [checkMetadata].
func checkSignUpMetadata(f signUpFields) error {
	if len(f.unsafe) > maxSignUpMetadata {
		return invalid("unsafe_metadata", wire.CodeParamFormatInvalid,
			"unsafe_metadata must be at most 1 kB at sign-up. Store more of it once the account exists.")
	}
	return nil
}
